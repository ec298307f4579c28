import { Inject, Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import { planAttempted } from '../../edge/command.ts';
import { PARTS, type Finders, type Parts, type RecordFacts } from '../../edge/parts.ts';
import { teachingClassFact } from '../../facts/class.ts';
import { contractFact, mentorOf, type Contract } from '../../facts/contract.ts';
import { enrollmentFact } from '../../facts/enrollment.ts';
import { openingFact } from '../../facts/opening.ts';
import { placementFact } from '../../facts/placement.ts';
import { selectionFact } from '../../facts/selection.ts';
import { teacherFact } from '../../facts/teacher.ts';
import { claimsOf } from '../../kernel/claim.ts';
import { mintedId } from '../../kernel/ids.ts';
import type { Plan, Source } from '../../kernel/plan.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer, Transactor } from '../../runtime/transact.ts';
import { ApprenticeshipCall, type Commanded } from './call.http.ts';
import { ContractController } from './contract.http.ts';
import { PlacementController } from './placement.http.ts';
import { planContract, planOpening, planPlacement, planSelection } from './plans.ts';
import { OpeningController, SelectionController } from './selection.http.ts';
import { TrainingController } from './training.http.ts';

@CommandHandler(ApprenticeshipCall)
export class ApprenticeshipHandler implements ICommandHandler<ApprenticeshipCall> {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  execute({ context, commanded }: ApprenticeshipCall): Promise<Answer | Refusal> {
    return this.parts.transactor.transact(context, (commandId) => this.plan(commanded, commandId, context.institutionId));
  }

  private plan(commanded: Commanded, commandId: string, institutionId: string): Plan | Refusal | Promise<Plan | Refusal> {
    const id = commanded.id ?? mintedId(commandId, commanded.on);
    const claims = claimsOf(institutionId, (domain, text) => this.parts.vault.hmac(domain, text));
    switch (commanded.on) {
      case 'opening':
        return planAttempted(commanded.command, commandId, (command) => planOpening(id, command) as Plan);
      case 'selection':
        return planAttempted(
          commanded.command,
          commandId,
          (command) => planSelection(id, command, { institutionId, claims }) as Plan,
        );
      case 'contract':
        return planAttempted(
          commanded.command,
          commandId,
          (command) => planContract(id, command, { institutionId, claims }) as Plan,
        );
      case 'placement':
        return planAttempted(commanded.command, commandId, (command) => planPlacement(id, command) as Plan);
      default:
        return commanded satisfies never;
    }
  }
}

// ── whose a record is ──────────────────────────────────────────────────────────────────────────────────────────────────────

const nobody = (): boolean => false;

/** Whose the records of this context are: the learner's, her guardian's, her enterprise's and her mentors'. */
export function apprenticeshipFinders(transactor: Transactor, { learner }: Required<Pick<Finders, 'learner'>>): Finders {
  /** Of an enterprise, and about no person. */
  const ofEnterprise = async <S>(
    source: Source<S>,
    organizationOf: (state: S) => string | undefined,
  ): Promise<RecordFacts | null> => {
    const { state, institutionId } = await transactor.load(source);
    const organizationId = organizationOf(state) ?? null;
    if (institutionId === null) return null;
    return { institutionId, learnerId: null, isWardOf: nobody, teachers: [], organizationId };
  };

  const mentorsOf = async (contract: Contract): Promise<readonly string[]> => {
    const teacherIds = (['school', 'enterprise'] as const).flatMap((side) => mentorOf(contract, side) ?? []);
    const teachers = await Promise.all(teacherIds.map((teacherId) => transactor.load(teacherFact(teacherId))));
    return teachers.flatMap(({ state }) => state.personId ?? []);
  };

  return {
    opening: (id) => ofEnterprise(openingFact(id), ({ published }) => published?.organizationId),
    selection: async (id) => {
      const { state, institutionId } = await transactor.load(selectionFact(id));
      const person = state.status === 'none' ? null : await learner(state.learnerId);
      if (!person || institutionId !== person.institutionId) return null;
      const { classId } = (await transactor.load(enrollmentFact(state.enrollmentId))).state;
      const teachers = classId === null ? [] : (await transactor.load(teachingClassFact(classId))).state.teachers;
      return { ...person, teachers, organizationId: state.organizationId };
    },
    contract: async (id) => {
      const { state, institutionId } = await transactor.load(contractFact(id));
      const person = state.of === null ? null : await learner(state.of.learnerId);
      if (!person || institutionId !== person.institutionId) return null;
      return { ...person, organizationId: state.of!.organizationId, mentors: await mentorsOf(state) };
    },
    placement: (id) => ofEnterprise(placementFact(id), ({ started }) => started?.organizationId),
  };
}

@Module({
  imports: [CqrsModule],
  controllers: [OpeningController, SelectionController, ContractController, TrainingController, PlacementController],
  providers: [ApprenticeshipHandler],
})
export class ApprenticeshipModule {}
