import * as fc from 'fast-check';
import { attempts, attemptStream, type AttemptCommand } from '../../libs/contexts/assessment/attempt.ts';
import type { AssessmentFacts } from '../../libs/contexts/assessment/guards.ts';
import type { AttemptEvent, ResultCode } from '../../libs/events/catalog/assessment.ts';
import { defaultAssessmentPolicy } from '../../libs/facts/reference.ts';
import type { Attempt } from '../../libs/facts/attempt.ts';
import { facts, importedResult, scored, terms } from '../support/attempts.ts';
import { is, live, settle, settled, stepsOf, type Life, type Settle, type Step } from './lives.ts';

/** Lives of an attempt: whatever anybody says, in whatever order, about a result by one of three schemes. */
type AttemptSay = AttemptCommand | Settle | { readonly type: 'SettleAppeal'; readonly score: number | null };

const { courseVersion: _course, credits: _credits, ...opened } = terms;
const points = fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom(0, 5950, 6000, 10_000));
const code = fc.constantFrom<ResultCode>('deferred', 'absent', 'cheating', 'exempted', 'cancelled');
const nothing = { score: null, grade: null, code: null, passed: null };
const said = fc.oneof(
  { weight: 5, arbitrary: points.map((score) => ({ ...nothing, score })) },
  code.map((one) => ({ ...nothing, code: one })),
  fc.constantFrom({ ...nothing, grade: 'good' as const }, { ...nothing, score: 7000, passed: true }, nothing),
);

const opening: fc.Arbitrary<AttemptSay> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: is('OpenAttempt'),
      ...Object.fromEntries(Object.entries(opened).map(([field, value]) => [field, fc.constant(value)])),
      schemeVersion: fc.constantFrom(1, 2, 3, null),
    }) as fc.Arbitrary<AttemptCommand>,
  },
  fc.record({
    type: is('ImportResult'),
    content: fc.record({ voided: fc.boolean(), result: points.map((score) => scored(score)) }).map((imported) => ({
      ...importedResult,
      ...imported,
    })),
  }),
);

const scoring: fc.Arbitrary<AttemptSay> = fc.record({
  type: is('ScoreComponent'),
  component: fc.constantFrom('exam', 'exam', 'exam', 'practical-training', 'defense', 'progress'),
  part: fc.constantFrom('score', 'score', 'score', 'baseline', 'exit'),
  score: points,
  third: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
  onBehalfOf: fc.constantFrom('li', 'li', 'zhou', 'wu', 'nobody', null),
});

const turn: fc.Arbitrary<AttemptSay> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ type: is('SubmitResult'), code: fc.option(code, { freq: 2, nil: null }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: is('ModerateResult'),
      adjusted: fc.option(said, { freq: 2, nil: null }),
      reasoned: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: is('PublishResult') }) },
  { weight: 3, arbitrary: fc.record({ type: is('FinalizeResult') }) },
  fc.record({ type: is('VoidAttempt'), ground: fc.constantFrom('misconduct', 'opened-in-error') }),
  { weight: 3, arbitrary: fc.record({ type: is('FileAppeal'), appealId: fc.constantFrom('a1', 'a2') }) },
  { weight: 3, arbitrary: fc.record({ type: is('SettleAppeal'), score: fc.option(points, { freq: 2 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: is('RequestGradeCorrection'), requestId: is(''), result: said, evidence: fc.constant([]) }),
  },
);

/** How most attempts begin; what only comes late would hardly be reached by chance. */
const usual: readonly Step<AttemptSay>[] = [
  { type: 'OpenAttempt' as const, ...opened, schemeVersion: 3 },
  { type: 'ScoreComponent' as const, component: 'exam', part: 'score' as const, score: 6500, third: false, onBehalfOf: 'li' },
  { type: 'SubmitResult' as const, code: null },
  { type: 'ModerateResult' as const, adjusted: null, reasoned: false },
  { type: 'PublishResult' as const },
  { type: 'FileAppeal' as const, appealId: 'a1' },
].map((say) => ({ days: 1, ago: 0, by: say.type === 'ModerateResult' ? 'qian' : 'zhao', say }));

export const attemptSteps = (backDated = true): fc.Arbitrary<readonly Step<AttemptSay>[]> =>
  fc
    .tuple(
      fc.nat({ max: usual.length }),
      stepsOf<AttemptSay>(
        fc.oneof(
          { weight: 3, arbitrary: scoring },
          { weight: 8, arbitrary: turn },
          { weight: 3, arbitrary: settle },
          { weight: 1, arbitrary: opening },
        ),
        opening,
        backDated,
      ),
    )
    .map(([begun, steps]) => [...usual.slice(0, begun), ...steps]);

const commandOf = (s: Attempt, say: AttemptSay, index: number): AttemptCommand => {
  if (say.type === 'Settle') return settled(s.approvals, say);
  if (say.type === 'SettleAppeal') {
    const appealId = s.appeal?.appealId ?? 'none';
    if (say.score === null) return { type: 'DismissAppeal', appealId };
    return { type: 'UpholdAppeal', appealId, result: { ...nothing, score: say.score } };
  }
  return 'requestId' in say ? { ...say, requestId: `q${index}` } : say;
};

export type AttemptLife = Life<Attempt, AttemptCommand, AttemptEvent, AssessmentFacts>;

/** The window is short, so that it is over in some lives and not in others. */
const world = { ...facts, policy: { ...defaultAssessmentPolicy, appealWorkingDays: 3 } };

export const attempted = (steps: readonly Step<AttemptSay>[]): AttemptLife =>
  live(attempts, steps, commandOf, { stream: attemptStream('a1'), facts: world, subject: 'chen' });
