import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createMemoryKeyVault } from '../../libs/adapters/memory/key-vault.ts';
import { enrollmentCommands, learnerCommands } from '../../libs/contexts/enrollment/commands.ts';
import { enrollment } from '../../libs/contexts/enrollment/enrollment.ts';
import { learner } from '../../libs/contexts/enrollment/learner.ts';
import type { EnrollmentEvent } from '../../libs/events/catalog/enrollment.ts';
import { effectOf } from '../../libs/events/events.ts';
import { foldEnrollment, type Enrollment } from '../../libs/facts/enrollment.ts';
import { asOf } from '../../libs/kernel/as-of.ts';
import { fold, type Decider, type DomainEvent, type Recorded } from '../../libs/kernel/decider.ts';
import { isRefusal } from '../../libs/kernel/refusal.ts';
import { commonRefusals, type RefusalCode } from '../../libs/kernel/refusals.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { enrolled, enrollmentSteps, learnerSteps, lived, runs, type Life } from './lives.ts';

type AnyLife = Life<unknown, { readonly type: string }, DomainEvent, never>;

/**
 * The enrollment table of the specification, as data and without a look at the code: from which states each event leads where.
 * `stays`: no change · `stated`: where the event says · `before`: to the state before the withdrawal.
 */
const anyEnd = [
  'place-declined',
  'annulled',
  'graduated',
  'incomplete',
  'withdrawn',
  'expelled',
  'transferred-out',
  'revoked',
  'deceased',
];
const onceRegistered = [
  'registered',
  'suspended',
  'completed',
  'graduated',
  'incomplete',
  'withdrawn',
  'expelled',
  'transferred-out',
  'deceased',
];
const open = ['admitted', 'place-retained', 'registered', 'suspended', 'completed'];
const table: Readonly<Partial<Record<EnrollmentEvent['type'], { from: readonly string[]; to: string }>>> = {
  LearnerAdmitted: { from: ['none'], to: 'admitted' },
  EnrollmentImported: { from: ['none'], to: 'stated' },
  StudentTransferredIn: { from: ['none'], to: 'registered' },
  PlaceDeclined: { from: ['admitted'], to: 'place-declined' },
  PlaceRetained: { from: ['admitted'], to: 'place-retained' },
  AdmissionAnnulled: { from: ['admitted', 'place-retained'], to: 'annulled' },
  StudentRegistered: { from: ['admitted', 'place-retained'], to: 'registered' },
  AdmissionRecheckPassed: { from: ['registered'], to: 'stays' },
  RegistrationRevoked: { from: onceRegistered, to: 'revoked' },
  AnnualRegistrationRecorded: { from: ['registered'], to: 'stays' },
  StudySuspended: { from: ['registered'], to: 'suspended' },
  StatusRetained: { from: ['registered'], to: 'suspended' },
  StudyResumed: { from: ['suspended'], to: 'registered' },
  MajorChanged: { from: ['registered'], to: 'stays' },
  ClassChanged: { from: ['registered'], to: 'stays' },
  StudentTransferredOut: { from: ['registered'], to: 'transferred-out' },
  StudentWithdrawn: { from: ['registered', 'suspended'], to: 'withdrawn' },
  WithdrawalReverted: { from: ['withdrawn'], to: 'before' },
  StudentExpelled: { from: ['registered', 'suspended'], to: 'expelled' },
  StudentDeceased: { from: open, to: 'deceased' },
  StudentGraduated: { from: ['registered', 'completed'], to: 'graduated' },
  StudyLeftIncomplete: { from: ['registered'], to: 'incomplete' },
  StudyCompleted: { from: ['registered'], to: 'completed' },
  EnrollmentCorrected: { from: [...open, ...anyEnd], to: 'stays' },
  RecordLocked: { from: anyEnd, to: 'stays' },
};
/** Afterwards corrections only; fraud may be found at any time. */
const onLocked = ['EnrollmentCorrected', 'WithdrawalReverted', 'RegistrationRevoked'];

describe('no sequence of commands leaves the table', () => {
  it('every event stands where the table has it, and leads where it says', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(enrollmentSteps(), (steps) => {
        const strayed: unknown[] = [];
        let state: Enrollment = enrollment.initial;
        let status: string = state.status;
        let beforeWithdrawal = '';
        for (const event of enrolled(steps).history) {
          const { type } = event;
          const wasLocked = state.locked;
          state = enrollment.evolve(state, event);
          const move = table[type] ?? (type.startsWith('Approval') ? { from: [status], to: 'stays' } : undefined);
          reached.add(type);
          if (!move?.from.includes(status)) strayed.push({ type, from: status });
          if (wasLocked && table[type] && !onLocked.includes(type)) strayed.push({ type, from: 'locked' });
          if (type === 'StudentWithdrawn') beforeWithdrawal = status;
          const stated = type === 'EnrollmentImported' ? event.data.status : '';
          status = { stays: status, before: beforeWithdrawal, stated }[move?.to ?? 'stays'] ?? move?.to ?? status;
          if (state.status !== status) strayed.push({ type, to: state.status, expected: status });
        }
        expect(strayed).toEqual([]);
      }),
      runs(2000),
    );
    // Otherwise the property said nothing about what was never tried.
    expect(Object.keys(table).filter((type) => !reached.has(type))).toEqual([]);
  });

  it('no new fact is effective before the last one, nor in the future', () => {
    fc.assert(
      fc.property(enrollmentSteps(), (steps) => {
        let last = '';
        for (const { k, written } of enrolled(steps).moments) {
          for (const { type, effectiveAt } of written) {
            expect(effectiveAt <= k.now).toBe(true);
            if (effectOf(type) !== 'fact') continue;
            expect(effectiveAt >= last).toBe(true);
            last = effectiveAt;
          }
        }
      }),
      runs(150),
    );
  });

  it('every four-eyes act has a request and a grant by two persons, once', () => {
    const acts = [
      'AdmissionAnnulled',
      'WithdrawalReverted',
      'EnrollmentCorrected',
      'RegistrationRevoked',
      'IdentityCorrected',
      'PersonalDataErased',
    ];
    const check = (history: readonly Recorded[]): void => {
      for (const act of history.filter(({ type }) => acts.includes(type))) {
        const { requestId } = act.data as { requestId: string };
        const about = history.filter((e) => (e.data as { requestId?: string }).requestId === requestId);
        expect(about.map(({ type }) => type)).toEqual(['ApprovalRequested', 'ApprovalGranted', act.type]);
        const [asked, granted] = about as [Recorded, Recorded];
        expect(asked.actor.personId).not.toBe(granted.actor.personId);
        expect([granted.revision + 1n, granted.commandId]).toEqual([act.revision, act.commandId]);
        expect((granted.data as { digest: string }).digest).toBe(asked.commandDigest);
      }
    };
    fc.assert(
      fc.property(enrollmentSteps(), (steps) => check(enrolled(steps).history as readonly Recorded[])),
      runs(150),
    );
    fc.assert(
      fc.property(learnerSteps(), (steps) => check(lived(steps).history as readonly Recorded[])),
      runs(150),
    );
  });
});

describe('a repeated command is harmless', () => {
  const repeats = <S, C, E extends DomainEvent, F>(decider: Decider<S, C, E, F>, life: Life<S, C, E, F>): void => {
    for (const { command, k, decision, after } of life.moments) {
      if (isRefusal(decision)) continue;
      const again = decider.decide(after, command, k);
      expect({ command, again: isRefusal(again) ? [] : again }).toEqual({ command, again: [] });
    }
  };

  it('the same words right after it succeeded are no second event', () => {
    fc.assert(
      fc.property(enrollmentSteps(), (steps) => repeats(enrollment, enrolled(steps))),
      runs(200),
    );
    fc.assert(
      fc.property(learnerSteps(), (steps) => repeats(learner, lived(steps))),
      runs(200),
    );
  });
});

describe('what is answered is declared', () => {
  const gateCommands = ['OpenEnrollment', 'CloseEnrollment', 'BeginClosing', 'DropClosing', 'HoldPeriod', 'ReleasePeriod'];
  const declared = (
    commands: Readonly<Record<string, { events: readonly string[]; refusals: readonly RefusalCode[] }>>,
    life: AnyLife,
  ): void => {
    for (const { command, decision } of life.moments) {
      if (gateCommands.includes(command.type)) continue;
      const { events, refusals } = commands[command.type]!;
      const answered: readonly string[] = isRefusal(decision) ? [decision.refused] : decision.map(({ type }) => type);
      expect([...events, ...refusals, ...commonRefusals]).toEqual(expect.arrayContaining([...answered]));
    }
  };

  it('events and refusals of random commands are in the command tables', () => {
    fc.assert(
      fc.property(enrollmentSteps(), (steps) => declared(enrollmentCommands, enrolled(steps) as unknown as AnyLife)),
      runs(200),
    );
    fc.assert(
      fc.property(learnerSteps(), (steps) => declared(learnerCommands, lived(steps) as unknown as AnyLife)),
      runs(200),
    );
  });
});

describe('a history reads the same', () => {
  it('in any batches', () => {
    fc.assert(
      fc.property(enrollmentSteps(), learnerSteps(), fc.array(fc.nat({ max: 8 })), (steps, hers, cuts) => {
        const inBatches = <S, C, E extends DomainEvent, F>(
          decider: Decider<S, C, E, F>,
          { history, state }: Life<S, C, E, F>,
        ) => {
          let folded = decider.initial;
          let from = 0;
          for (const size of [...cuts, history.length]) {
            folded = fold({ initial: folded, evolve: decider.evolve }, history.slice(from, from + size));
            from += size;
          }
          expect(folded).toEqual(state);
        };
        inBatches(enrollment, enrolled(steps));
        inBatches(learner, lived(hers));
      }),
      runs(100),
    );
  });

  it('after it was sealed, stored and opened', async () => {
    const codec = new Codec(createMemoryKeyVault({ seed: 'lives' }));
    const throughStore = async <S, C, E extends DomainEvent, F>(
      decider: Decider<S, C, E, F>,
      { history, state }: Life<S, C, E, F>,
    ): Promise<void> => {
      const read: Recorded<E>[] = [];
      for (const { revision, position, recordedAt, ...written } of history as readonly Recorded[]) {
        const encoded = await codec.encode(written);
        read.push(codec.decodeOpen({ ...encoded, stream: written.stream, revision, position, recordedAt }) as Recorded<E>);
      }
      expect(fold(decider, read)).toEqual(state);
    };
    await fc.assert(
      fc.asyncProperty(enrollmentSteps(), learnerSteps(), async (steps, hers) => {
        await throughStore(enrollment, enrolled(steps));
        await throughStore(learner, lived(hers));
      }),
      runs(60),
    );
  });

  it('as of now in both times, where nothing is back-dated', () => {
    fc.assert(
      fc.property(enrollmentSteps(false), (steps) => {
        const { history, state } = enrolled(steps);
        const now = history.at(-1)?.recordedAt ?? '9';
        const read = foldEnrollment(asOf(history, effectOf, { recordedAsOf: now, effectiveAsOf: now }));
        expect({ ...read, history: [] }).toEqual({ ...state, history: [] });
      }),
      runs(200),
    );
  });

  it('as recorded at any moment, as it was folded then', () => {
    fc.assert(
      fc.property(enrollmentSteps(), (steps) => {
        const { moments, history } = enrolled(steps);
        for (const [index, { k, after }] of moments.entries()) {
          if (moments[index + 1]?.k.now === k.now) continue;
          const believed = foldEnrollment(asOf(history, effectOf, { recordedAsOf: k.now }));
          expect({ ...believed, history: [] }).toEqual({ ...after, history: [] });
        }
      }),
      runs(60),
    );
  });

  it('as of any day without a throw, and after it is over it stays so', () => {
    fc.assert(
      fc.property(enrollmentSteps(), fc.nat({ max: 700 }), (steps, days) => {
        const { history } = enrolled(steps);
        const at = new Date(Date.parse('2025-08-01T00:00:00Z') + days * 86_400_000).toISOString();
        expect(() => foldEnrollment(asOf(history, effectOf, { effectiveAsOf: at }))).not.toThrow();
      }),
      runs(100),
    );
  });
});
