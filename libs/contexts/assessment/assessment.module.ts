import { Inject, Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import { planAttempted } from '../../edge/command.ts';
import { PARTS, type Finders, type Parts, type RecordFacts } from '../../edge/parts.ts';
import { attemptFact, courseOf, learnerOf } from '../../facts/attempt.ts';
import { teachingClassFact } from '../../facts/class.ts';
import { contractFact, mentorOf, type Contract } from '../../facts/contract.ts';
import { teacherFact } from '../../facts/teacher.ts';
import type { Plan } from '../../kernel/plan.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer, Transactor } from '../../runtime/transact.ts';
import type { AttemptCommand } from './attempt.ts';
import { AssessmentCall, AttemptController } from './assessment.http.ts';
import { planAttempt } from './plans.ts';

@CommandHandler(AssessmentCall)
export class AssessmentHandler implements ICommandHandler<AssessmentCall> {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  execute({ context, attemptId, command }: AssessmentCall): Promise<Answer | Refusal> {
    const { institutionId } = context;
    const plan = (c: AttemptCommand, mentorId: string | null = null): Plan =>
      planAttempt(attemptId, c, { institutionId, mentorId });
    return this.parts.transactor.transact(context, async (commandId) => {
      const scores = typeof command !== 'function' && command.type === 'ScoreComponent';
      return scores ? plan(command, await this.mentorOf(attemptId)) : planAttempted(command, commandId, plan);
    });
  }

  /** Facts are named before any of them is loaded, so whom the contract names is looked up first. */
  private async mentorOf(attemptId: string): Promise<string | null> {
    const { transactor } = this.parts;
    const { state } = await transactor.load(attemptFact(attemptId));
    const contractId = state.opened?.contractId ?? null;
    return contractId === null ? null : mentorOf((await transactor.load(contractFact(contractId))).state, 'enterprise');
  }
}

// ── whose a record is ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whose an attempt is: the learner's, her class's teachers', and her enterprise's where the contract's plan names the course. */
export function assessmentFinders(transactor: Transactor, { learner }: Required<Pick<Finders, 'learner'>>): Finders {
  const mentorsOf = async (contract: Contract): Promise<readonly string[]> => {
    const teacherIds = (['school', 'enterprise'] as const).flatMap((side) => mentorOf(contract, side) ?? []);
    const teachers = await Promise.all(teacherIds.map((teacherId) => transactor.load(teacherFact(teacherId))));
    return teachers.flatMap(({ state }) => state.personId ?? []);
  };
  const apprenticed = async (
    contractId: string | null,
    courseId: string | null,
  ): Promise<Pick<RecordFacts, 'organizationId' | 'mentors'>> => {
    const contract = contractId === null ? null : (await transactor.load(contractFact(contractId))).state;
    if (!contract || courseId === null || !contract.terms?.plan?.courseIds.includes(courseId)) return {};
    return { organizationId: contract.of?.organizationId ?? null, mentors: await mentorsOf(contract) };
  };
  return {
    attempt: async (id) => {
      const { state, institutionId } = await transactor.load(attemptFact(id));
      const learnerId = learnerOf(state);
      const person = learnerId === null ? null : await learner(learnerId);
      if (!person || institutionId !== person.institutionId) return null;
      const classId = state.opened?.classId ?? null;
      const teachers = classId === null ? [] : (await transactor.load(teachingClassFact(classId))).state.teachers;
      return { ...person, teachers, ...(await apprenticed(state.opened?.contractId ?? null, courseOf(state))) };
    },
  };
}

@Module({ imports: [CqrsModule], controllers: [AttemptController], providers: [AssessmentHandler] })
export class AssessmentModule {}
