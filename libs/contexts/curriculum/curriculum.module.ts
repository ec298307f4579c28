import { Inject, Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import { PARTS, type Parts } from '../../edge/parts.ts';
import { programFact } from '../../facts/reference.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import type { Answer } from '../../runtime/transact.ts';
import { planCurriculum } from './curriculum.ts';
import { CurriculumCall, CurriculumController } from './curriculum.http.ts';
import { PolicyController } from './policy.http.ts';
import { ProgramController } from './program.http.ts';
import { SchemeController } from './scheme.http.ts';

@CommandHandler(CurriculumCall)
export class CurriculumHandler implements ICommandHandler<CurriculumCall> {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  execute({ context, command }: CurriculumCall): Promise<Answer | Refusal> {
    const { institutionId } = context;
    return this.parts.transactor.transact(context, async () => {
      for (const programId of command.type === 'FormProgramGroup' ? command.programIds : []) {
        const program = await this.parts.transactor.load(programFact(programId));
        if (program.institutionId !== institutionId) return refuse('PROGRAM_UNKNOWN', { program: programId });
      }
      return planCurriculum(command, institutionId);
    });
  }
}

@Module({
  imports: [CqrsModule],
  controllers: [ProgramController, SchemeController, PolicyController, CurriculumController],
  providers: [CurriculumHandler],
})
export class CurriculumModule {}
