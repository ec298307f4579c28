import { Inject, Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import { PARTS, type Finders, type Parts } from '../../edge/parts.ts';
import { teacherFact } from '../../facts/teacher.ts';
import { claimsOf } from '../../kernel/claim.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer, Transactor } from '../../runtime/transact.ts';
import { planFaculty } from './faculty.ts';
import { FacultyCall, FacultyController } from './faculty.http.ts';

@CommandHandler(FacultyCall)
export class FacultyHandler implements ICommandHandler<FacultyCall> {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  execute({ context, teacherId, command }: FacultyCall): Promise<Answer | Refusal> {
    const claims = claimsOf(context.institutionId, (domain, text) => this.parts.vault.hmac(domain, text));
    return this.parts.transactor.transact(context, () => planFaculty(teacherId, command, claims));
  }
}

// ── whose a record is ──────────────────────────────────────────────────────────────────────────────────────────────────────

const nobody = (): boolean => false;

/** Whose the records of this context are, folded from the log at the moment of asking: a mentor's are her enterprise's and her own. */
export const facultyFinders = (transactor: Transactor): Finders => ({
  teacher: async (id) => {
    const { state, institutionId } = await transactor.load(teacherFact(id));
    if (institutionId === null || state.status === 'none') return null;
    const account = state.personId === null ? [] : [state.personId];
    return {
      institutionId,
      learnerId: null,
      isWardOf: nobody,
      teachers: account,
      organizationId: state.organizationId,
      mentors: account,
    };
  },
});

@Module({ imports: [CqrsModule], controllers: [FacultyController], providers: [FacultyHandler] })
export class FacultyModule {}
