import { beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { TestLedger } from '../../test/support/events.ts';
import { admission, identity } from '../../test/support/histories.ts';
import { anyStep, live, newcomer, smallCollege } from '../../test/support/lives.ts';
import type { EnrollmentCommand } from '../contexts/enrollment/enrollment.ts';
import { enrollmentSource, learnerSource } from '../contexts/enrollment/gates.ts';
import { effectOf } from '../events/events.ts';
import type { Enrollment } from '../facts/enrollment.ts';
import { applyCorrections, type AsOf } from '../kernel/as-of.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { endOfDay } from '../kernel/time.ts';
import { enrollmentAsOf, personAsOf, type PersonAsOf } from './as-of.ts';
import { identityOf } from './register-lists.ts';

let ledger: TestLedger;
const zone = 'Asia/Shanghai';

beforeEach(async () => {
  ledger = await smallCollege();
});

/** `recorded` and `effective` are days: what was known by the end of one, about the end of the other. */
const days = ({ recorded, effective }: { recorded?: string; effective?: string }): AsOf => ({
  ...(recorded === undefined ? {} : { recordedAsOf: endOfDay(recorded, zone) }),
  ...(effective === undefined ? {} : { effectiveAsOf: endOfDay(effective, zone) }),
});
const log = (): Parameters<typeof personAsOf>[0] => ({ store: ledger.store, decoder: ledger.codec });
const chen = (when: Parameters<typeof days>[0] = {}): Promise<PersonAsOf> =>
  personAsOf(log(), { institutionId: 'college', learnerId: 'chen' }, days(when));
const enrollment = (when: Parameters<typeof days>[0] = {}): Promise<Enrollment | null> =>
  enrollmentAsOf(log(), { institutionId: 'college', enrollmentId: 'e1' }, days(when));
const status = async (when: Parameters<typeof days>[0] = {}): Promise<string | undefined> => (await enrollment(when))?.status;

async function accepted(day: string, command: EnrollmentCommand, on = day, by = 'zhao'): Promise<void> {
  ledger.today = day;
  const opening = command.type === 'AdmitLearner' ? newcomer(ledger, 'id-1') : {};
  const answer = await ledger.enroll('e1', command, { on, by, opening });
  if (isRefusal(answer)) throw new Error(`${command.type}: ${answer.refused} ${JSON.stringify(answer.facts)}`);
}

async function granted(day: string, requestId: string): Promise<void> {
  const { state } = await ledger.transactor.load(enrollmentSource('e1'));
  await accepted(day, { type: 'GrantApproval', requestId, digest: state.approvals[requestId]!.digest }, day, 'qian');
}

const admit = (day = '2025-08-20'): Promise<void> =>
  accepted(day, { type: 'AdmitLearner', admission: { ...admission, learnerId: 'chen' }, source: null });
const register = (day = '2025-09-01', on = day): Promise<void> =>
  accepted(day, { type: 'RegisterStudent', studentNumber: '20250101', classId: 'class-a' }, on);
const withdraw = (day = '2026-01-15', on = day): Promise<void> =>
  accepted(day, { type: 'WithdrawStudent', ground: 'own-application' }, on);
const correct = async (asked: string, target: string, field: string, value: unknown, day: string): Promise<void> => {
  await accepted(asked, { type: 'RequestEnrollmentCorrection', requestId: 'c', target, field, value, evidence: [] });
  await granted(day, 'c');
};

describe('as of', () => {
  it('what was recorded late was not known, but is now known to have been so', async () => {
    await admit();
    await register('2025-09-20', '2025-09-01');
    expect(await status({ recorded: '2025-09-10' })).toBe('admitted');
    expect(await status({ effective: '2025-09-10' })).toBe('registered');
    expect(await status({ effective: '2025-08-31' })).toBe('admitted');
    expect(await status({ effective: '2025-08-19' })).toBeUndefined();
    expect(await status({ recorded: '2025-09-10', effective: '2025-09-10' })).toBe('admitted');
    expect(await status()).toBe('registered');
  });

  it('a withdrawal that was reverted never took effect, and yet was believed', async () => {
    await admit();
    await register();
    await withdraw();
    await accepted('2026-02-01', { type: 'RequestWithdrawalReversal', requestId: 'r', evidence: [] });
    await granted('2026-02-10', 'r');
    expect(await status({ recorded: '2026-02-09' })).toBe('withdrawn');
    expect(await status({ recorded: '2026-01-14' })).toBe('registered');
    expect(await status()).toBe('registered');
    expect(await status({ effective: '2026-01-20' })).toBe('registered');
    expect(await status({ recorded: '2026-01-31', effective: '2026-01-20' })).toBe('withdrawn');
    expect(await status({ recorded: '2026-01-31', effective: '2026-01-10' })).toBe('registered');
    expect((await chen({ effective: '2026-01-20' })).timeline.find(({ type }) => type === 'StudentWithdrawn')).toMatchObject({
      annulled: true,
    });
    expect((await chen({ recorded: '2026-01-31' })).timeline.at(-1)).not.toHaveProperty('annulled');
  });

  it('a corrected field reads as if it had always said so, from the day on which that became known', async () => {
    await admit();
    await register();
    await correct('2025-10-01', '0', 'entryDate', '2025-09-03', '2025-10-05');
    const entry = async (when: Parameters<typeof days>[0]): Promise<string | undefined> =>
      (await enrollment(when))?.admission?.entryDate;
    expect(await entry({ recorded: '2025-10-04' })).toBe('2025-09-01');
    expect(await entry({ recorded: '2025-10-05' })).toBe('2025-09-03');
    expect(await entry({ effective: '2025-08-25' })).toBe('2025-09-03');
    expect(await entry({ recorded: '2025-10-04', effective: '2025-08-25' })).toBe('2025-09-01');
  });

  it('a corrected day moves its event', async () => {
    await admit();
    await register();
    await withdraw('2026-01-15');
    await correct('2026-02-01', '2', 'effectiveAt', '2026-01-05T00:00:00.000Z', '2026-02-05');
    expect(await status({ effective: '2026-01-10' })).toBe('withdrawn');
    expect(await status({ effective: '2026-01-04' })).toBe('registered');
    expect(await status({ recorded: '2026-02-04', effective: '2026-01-10' })).toBe('registered');
    expect((await enrollment())?.endedAt).toBe('2026-01-05T00:00:00.000Z');
    expect((await enrollment({ recorded: '2026-02-04' }))?.endedAt).toBe('2026-01-14T16:00:00.000Z');
    const moved = (await chen({ effective: '2026-03-01' })).timeline.map(({ type }) => type);
    expect(moved.indexOf('StudentWithdrawn')).toBeGreaterThan(moved.indexOf('StudentRegistered'));
  });

  it('an admission that was annulled never was, and yet was believed', async () => {
    await admit();
    await accepted('2025-09-01', { type: 'RequestAdmissionAnnulment', requestId: 'a', evidence: [] });
    await granted('2025-09-05', 'a');
    expect(await status({ recorded: '2025-09-04' })).toBe('admitted');
    expect(await status()).toBe('annulled');
    expect(await status({ effective: '2025-08-25' })).toBe('annulled');
  });

  it('a corrected identity, sealed then and now', async () => {
    await admit();
    const old = { ...identity, idNumber: 'id-1' };
    const corrected = { ...old, name: '陈小晓' };
    const idClaim = ledger.claims.streamOf('id-number', 'id-1');
    ledger.today = '2025-09-01';
    await ledger.about('chen', { type: 'RequestIdentityCorrection', requestId: 'i', old, new: corrected, idClaim, evidence: [] });
    const { digest } = (await ledger.transactor.load(learnerSource('chen'))).state.approvals['i']!;
    ledger.today = '2025-09-05';
    await ledger.about(
      'chen',
      { type: 'GrantApproval', requestId: 'i', digest, opened: { old, new: corrected } },
      { by: 'qian' },
    );

    const name = async (when: Parameters<typeof days>[0]): Promise<unknown> => {
      const sealed = (await chen(when)).learner?.identity ?? null;
      const opened = identityOf(typeof sealed === 'string' ? sealed : null, (token) => ledger.codec.reveal(token));
      return typeof opened === 'object' ? opened?.name : opened;
    };
    expect(await name({ recorded: '2025-09-04' })).toBe('陈晓');
    expect(await name({ recorded: '2025-09-05' })).toBe('陈小晓');
    expect(await name({ effective: '2025-08-20' })).toBe('陈小晓');
    expect(await name({ recorded: '2025-09-04', effective: '2025-08-20' })).toBe('陈晓');
    await ledger.vault.shred('chen', ['identity']);
    expect(await name({ recorded: '2025-09-04' })).toBe('erased');
  });

  it('knows nobody before she was known, and nobody of another institution', async () => {
    await admit();
    expect(await chen({ recorded: '2025-08-19' })).toEqual({ learner: null, enrollments: [], timeline: [] });
    expect(await personAsOf(log(), { institutionId: 'elsewhere', learnerId: 'chen' }, {})).toEqual({
      learner: null,
      enrollments: [],
      timeline: [],
    });
    expect(await enrollmentAsOf(log(), { institutionId: 'elsewhere', enrollmentId: 'e1' }, {})).toBeNull();
    expect((await chen()).enrollments.map(({ enrollmentId }) => enrollmentId)).toEqual(['e1']);
    expect((await chen()).timeline.map(({ type }) => type)).toEqual(['LearnerIdentified', 'LearnerAdmitted']);
  });
});

describe('for any valid history', () => {
  it('asked about now it says what the live fold says, and asked about a moment what it said then', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 4, maxLength: 30 }), async (steps) => {
        ledger = await smallCollege();
        const said: { at: string; states: Map<string, unknown> }[] = [];
        const states = async (): Promise<Map<string, unknown>> => {
          const found = new Map<string, unknown>();
          for (const id of ['e0', 'e1']) {
            const { state } = await ledger.transactor.load(enrollmentSource(id));
            if (state.admission) found.set(id, plain(state));
          }
          return found;
        };
        for (const ask of [{ which: 0, n: 1, e: 0 }, ...steps.flat()]) {
          await live(ledger, ask);
          said.push({ at: new Date(ledger.clock.ms).toISOString(), states: await states() });
        }
        const person = { institutionId: 'college', learnerId: 'l0' };
        for (const { at, states: then } of said.filter((_, i) => i % 4 === 0 || i === said.length - 1)) {
          const believed = await personAsOf(log(), person, { recordedAsOf: at });
          expect(new Map(believed.enrollments.map((one) => [one.enrollmentId, plain(one.enrollment)]))).toEqual(then);
        }

        const now = new Date(ledger.clock.ms).toISOString();
        const both = await personAsOf(log(), person, { recordedAsOf: now, effectiveAsOf: now });
        expect(both.learner).toEqual((await ledger.transactor.load(learnerSource('l0'))).state);
        for (const { enrollmentId, enrollment: asked } of both.enrollments) {
          const { state } = await ledger.transactor.load(enrollmentSource(enrollmentId));
          // A correction that moves an event past its neighbours is read in the order of effect by an as-of question alone.
          expect(inOrder(state) ? plain(asked) : plain(state)).toEqual(plain(state));
        }
      }),
      { numRuns: 60 },
    );
  });
});

const plain = ({ history: _history, ...state }: Enrollment): object => state;

const inOrder = ({ history }: Enrollment): boolean => {
  const facts = applyCorrections(history.all(), effectOf).filter(({ type }) => effectOf(type) === 'fact');
  return facts.every((event, i) => i === 0 || facts[i - 1]!.effectiveAt <= event.effectiveAt);
};
