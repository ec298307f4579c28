import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createMemoryKeyVault } from '../../libs/adapters/memory/key-vault.ts';
import { attempts } from '../../libs/contexts/assessment/attempt.ts';
import { attemptCommands } from '../../libs/contexts/assessment/commands.ts';
import type { AttemptEvent, Result } from '../../libs/events/catalog/assessment.ts';
import { effectOf } from '../../libs/events/events.ts';
import { evolveAttempt, foldAttempt, initialAttempt, type Attempt } from '../../libs/facts/attempt.ts';
import { asOf } from '../../libs/kernel/as-of.ts';
import { fold, type Recorded } from '../../libs/kernel/decider.ts';
import { History } from '../../libs/kernel/history.ts';
import { isRefusal } from '../../libs/kernel/refusal.ts';
import { commonRefusals } from '../../libs/kernel/refusals.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { fiveGradeScheme, improvementScheme, scheme } from '../support/attempts.ts';
import { attempted, attemptSteps } from './attempts.ts';
import { runs } from './lives.ts';

/**
 * The life of an attempt by the specification, as data and without a look at the code: from which states each event leads where.
 * `stays`: no change · `stated`: where the event says.
 */
const table: Readonly<Partial<Record<AttemptEvent['type'], { from: readonly string[]; to: string }>>> = {
  AttemptOpened: { from: ['none'], to: 'open' },
  ResultImported: { from: ['none'], to: 'stated' },
  ComponentScored: { from: ['open'], to: 'stays' },
  ResultSubmitted: { from: ['open'], to: 'submitted' },
  ResultModerated: { from: ['submitted', 'moderated'], to: 'moderated' },
  ResultPublished: { from: ['moderated'], to: 'published' },
  AppealFiled: { from: ['published'], to: 'stays' },
  AppealUpheld: { from: ['published'], to: 'stays' },
  AppealDismissed: { from: ['published'], to: 'stays' },
  ResultFinalized: { from: ['published'], to: 'final' },
  AttemptVoided: { from: ['open', 'submitted', 'moderated', 'published'], to: 'voided' },
  GradeCorrected: { from: ['published', 'final', 'imported'], to: 'stays' },
};

const saidBy = ({ type, data }: Recorded<AttemptEvent>): Result | null => {
  if (type === 'GradeCorrected') return data.new;
  return 'result' in data ? data.result : null;
};

describe('no sequence of commands leaves the table', () => {
  it('every event stands where the table has it, and leads where it says', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(attemptSteps(), (steps) => {
        const strayed: unknown[] = [];
        let state: Attempt = initialAttempt;
        let status: string = state.status;
        for (const event of attempted(steps).history) {
          const { type } = event;
          state = evolveAttempt(state, event);
          const move = table[type] ?? (type.startsWith('Approval') ? { from: [status], to: 'stays' } : undefined);
          reached.add(type);
          if (!move?.from.includes(status)) strayed.push({ type, from: status });
          const stated = type === 'ResultImported' && event.data.voided ? 'voided' : 'imported';
          status = { stays: status, stated }[move?.to ?? 'stays'] ?? move?.to ?? status;
          if (state.status !== status) strayed.push({ type, to: state.status, expected: status });
        }
        expect(strayed).toEqual([]);
      }),
      runs(3000),
    );
    // Otherwise the property said nothing about what was never tried.
    expect(Object.keys(table).filter((type) => !reached.has(type))).toEqual([]);
  });

  it('no new fact is effective before the last one, nor in the future', () => {
    fc.assert(
      fc.property(attemptSteps(), (steps) => {
        let last = '';
        for (const { k, written } of attempted(steps).moments) {
          for (const { type, effectiveAt } of written) {
            expect(effectiveAt <= k.now).toBe(true);
            if (effectOf(type) !== 'fact') continue;
            expect(effectiveAt >= last).toBe(true);
            last = effectiveAt;
          }
        }
      }),
      runs(300),
    );
  });

  it('nothing is final within the appeal window or while an appeal waits, and nobody approves her own word', () => {
    fc.assert(
      fc.property(attemptSteps(), (steps) => {
        const wrong = attempted(steps).moments.flatMap(({ before, k, written }) => {
          const spoke = (personId: string | null): boolean => written.some(({ actor }) => actor.personId === personId);
          const allowed: Readonly<Partial<Record<AttemptEvent['type'], boolean>>> = {
            ResultFinalized: before.appeal?.outcome !== 'open' && before.appealUntil! < k.today,
            AppealFiled: k.today <= before.appealUntil!,
            ResultModerated: !spoke(before.submittedBy),
            AppealUpheld: !spoke(before.moderatedBy),
            AppealDismissed: !spoke(before.moderatedBy),
            GradeCorrected: Object.values(before.approvals).some(
              ({ outcome, requestedBy }) => outcome === 'pending' && !spoke(requestedBy),
            ),
          };
          return written.filter(({ type }) => allowed[type] === false);
        });
        expect(wrong).toEqual([]);
      }),
      runs(1000),
    );
  });
});

describe('a result', () => {
  it('is a whole score, a grade or a code, and passes as its scheme says', () => {
    fc.assert(
      fc.property(attemptSteps(), (steps) => {
        const sound = ({ score, grade, code, passed }: Result): boolean =>
          code === null
            ? grade !== null || (score !== null && Number.isSafeInteger(score) && score >= 0 && score <= 10_000)
            : score === null && passed === (code === 'exempted');
        const results = attempted(steps).history.flatMap((event) => saidBy(event) ?? []);
        expect(results.filter((result) => !sound(result))).toEqual([]);
      }),
      runs(500),
    );
  });

  it('that was submitted is the exact weighted sum of its components, rounded once', () => {
    let seen = 0;
    fc.assert(
      fc.property(attemptSteps(), (steps) => {
        const { history, state } = attempted(steps);
        for (const event of history) {
          if (event.type !== 'ResultSubmitted' || event.data.result.code !== null) continue;
          seen += 1;
          const { unit } = [scheme, improvementScheme, fiveGradeScheme][state.opened!.schemeVersion - 1]!.rounding;
          const exact = event.data.components.reduce((sum, { score, weight }) => sum + BigInt(score) * BigInt(weight), 0n);
          // Half up, in ten-thousandths of a hundredth: at most half a unit away, and a half goes up.
          const gap = BigInt(event.data.result.score!) * 10_000n - exact;
          expect(gap * 2n <= BigInt(unit) * 10_000n && gap * 2n > -BigInt(unit) * 10_000n).toBe(true);
          expect(event.data.components.reduce((sum, { weight }) => sum + weight, 0)).toBe(10_000);
        }
      }),
      runs(3000),
    );
    expect(seen).toBeGreaterThan(20);
  });
});

describe('a repeated command is harmless', () => {
  it('the same words right after they succeeded are no second event', () => {
    fc.assert(
      fc.property(attemptSteps(), (steps) => {
        for (const { command, k, decision, after } of attempted(steps).moments) {
          if (isRefusal(decision)) continue;
          const again = attempts.decide(after, command, k);
          expect({ command, again: isRefusal(again) ? [] : again }).toEqual({ command, again: [] });
        }
      }),
      runs(300),
    );
  });
});

it('events and refusals of random commands are in the command table', () => {
  fc.assert(
    fc.property(attemptSteps(), (steps) => {
      for (const { command, decision } of attempted(steps).moments) {
        const { events, refusals } = attemptCommands[command.type];
        const answered: readonly string[] = isRefusal(decision) ? [decision.refused] : decision.map(({ type }) => type);
        expect([...events, ...refusals, ...commonRefusals]).toEqual(expect.arrayContaining([...answered]));
      }
    }),
    runs(300),
  );
});

describe('a history reads the same', () => {
  const bare = (state: Attempt): Attempt => ({ ...state, history: History.none });

  it('after it was stored and replayed, whatever the schemes have become', async () => {
    const codec = new Codec(createMemoryKeyVault({ seed: 'lives' }));
    await fc.assert(
      fc.asyncProperty(attemptSteps(), async (steps) => {
        const { history, state } = attempted(steps);
        const read: Recorded<AttemptEvent>[] = [];
        for (const { revision, position, recordedAt, ...written } of history as readonly Recorded[]) {
          const encoded = await codec.encode(written);
          const stored = { ...encoded, stream: written.stream, revision, position, recordedAt };
          read.push(codec.decodeOpen(stored) as Recorded<AttemptEvent>);
        }
        expect(fold(attempts, read)).toEqual(state);
      }),
      runs(100),
    );
  });

  it('as of now in both times, where nothing is back-dated', () => {
    fc.assert(
      fc.property(attemptSteps(false), (steps) => {
        const { history, state } = attempted(steps);
        const now = history.at(-1)?.recordedAt ?? '9';
        const read = foldAttempt(asOf(history, effectOf, { recordedAsOf: now, effectiveAsOf: now }));
        expect(bare(read)).toEqual(bare(state));
      }),
      runs(300),
    );
  });

  it('as recorded at any moment, as it was folded then', () => {
    fc.assert(
      fc.property(attemptSteps(), (steps) => {
        const { moments, history } = attempted(steps);
        for (const [index, { k, after }] of moments.entries()) {
          if (moments[index + 1]?.k.now === k.now) continue;
          expect(bare(foldAttempt(asOf(history, effectOf, { recordedAsOf: k.now })))).toEqual(bare(after));
        }
      }),
      runs(100),
    );
  });

  it('as of any day without a throw', () => {
    fc.assert(
      fc.property(attemptSteps(), fc.nat({ max: 700 }), (steps, days) => {
        const at = new Date(Date.parse('2025-08-01T00:00:00Z') + days * 86_400_000).toISOString();
        expect(() => foldAttempt(asOf(attempted(steps).history, effectOf, { effectiveAsOf: at }))).not.toThrow();
      }),
      runs(100),
    );
  });
});
