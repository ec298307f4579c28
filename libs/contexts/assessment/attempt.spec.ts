import { describe, expect, it } from '@jest/globals';
import {
  appealed,
  attemptOf,
  coded,
  contract,
  dismissed,
  facts,
  finalized,
  herself,
  histories,
  imported,
  importedResult,
  marked,
  mentor,
  moderated,
  opened,
  published,
  scored,
  submitted,
  teacher,
  teachingClass,
  terms,
  upheld,
  voided,
} from '../../../test/support/attempts.ts';
import { examples, expectTable } from '../../../test/support/given.ts';
import { day, digestOf, past } from '../../../test/support/past.ts';
import type { AttemptEvent, AttemptKind, Result } from '../../events/catalog/assessment.ts';
import { initialAttempt, isPublic, type AttemptTerms } from '../../facts/attempt.ts';
import { initialClass } from '../../facts/class.ts';
import { initialContract } from '../../facts/contract.ts';
import { initialEnrollment } from '../../facts/enrollment.ts';
import { defaultAssessmentPolicy } from '../../facts/reference.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { attemptIdOf, attempts, importedAttemptIdOf, type AttemptCommand, type OpenAttempt } from './attempt.ts';
import { attemptCommands } from './commands.ts';
import { consequenceOf } from './corrections.ts';
import type { AssessmentFacts, Said } from './guards.ts';
import type { ScoreComponent } from './scoring.ts';

const { given, seen } = examples<typeof initialAttempt, AttemptCommand, AttemptEvent, AssessmentFacts>(
  attempts,
  facts,
  'attempt-a',
);

const { courseVersion: _c, credits: _r, schemeVersion: _s, ...stated } = terms;
const open: OpenAttempt = { type: 'OpenAttempt', ...stated, schemeVersion: 1 };
const follow = (kind: AttemptKind): OpenAttempt => ({ ...open, kind, number: 2, follows: 'before' });

const li = { as: teacher('li') } as const;
const zhou = { as: mentor('zhou') } as const;
const score = (component: string, points: number, more: Partial<ScoreComponent> = {}): ScoreComponent => ({
  type: 'ScoreComponent',
  component,
  part: 'score',
  score: points,
  third: false,
  onBehalfOf: null,
  ...more,
});
const submit = { type: 'SubmitResult', code: null } as const;
const result = (value: Partial<Said>): Said => ({ score: null, grade: null, code: null, passed: null, ...value });
const moderate = (adjusted: Said | null = null, reasoned = true): AttemptCommand => ({
  type: 'ModerateResult',
  adjusted,
  reasoned,
});

// ── opening ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('opening', () => {
  it('pins the course, its credits and the scheme, once', () => {
    given().when(open).gives({ type: 'AttemptOpened', data: terms });
    given(...opened())
      .when({ ...open, schemeVersion: null })
      .givesNothing();
    given(...opened())
      .when({ ...open, term: '2025-2' })
      .refuses('ATTEMPT_EXISTS', { number: 1 });
    given(...imported())
      .when(open)
      .refuses('ATTEMPT_EXISTS');
  });

  it('takes the version that the class teaches, else the latest', () => {
    const taught = { ...teachingClass, formed: { ...teachingClass.formed!, course: 'EC101@1' } };
    given()
      .when(open, { facts: { class: taught } })
      .gives({ type: 'AttemptOpened', data: { ...terms, courseVersion: 1, credits: 300 } });
    given()
      .when({ ...open, classId: null, contractId: null, schemeVersion: null }, { facts: { class: initialClass } })
      .gives({ type: 'AttemptOpened', data: { ...terms, classId: null, contractId: null, schemeVersion: 3 } });
  });

  it('is for a registered student of the course that is published, by a scheme that is adopted, in a term of the calendar', () => {
    const refused = (factsThen: Partial<AssessmentFacts>, code: Parameters<ReturnType<typeof then>['refuses']>[0]): void =>
      then(factsThen).refuses(code);
    const then = (factsThen: Partial<AssessmentFacts>): ReturnType<ReturnType<typeof given>['when']> =>
      given().when(open, { facts: factsThen });
    refused({ enrollment: initialEnrollment }, 'ENROLLMENT_UNKNOWN');
    refused(
      { enrollment: { ...facts.enrollment!, admission: { ...facts.enrollment!.admission!, learnerId: 'wang' } } },
      'ENROLLMENT_UNKNOWN',
    );
    refused({ enrollment: { ...facts.enrollment!, status: 'suspended' } }, 'ENROLLMENT_NOT_ACTIVE');
    refused({ course: [] }, 'COURSE_UNKNOWN');
    refused({ scheme: [] }, 'SCHEME_UNKNOWN');
    refused({ calendar: null }, 'TERM_UNKNOWN');
    given()
      .when({ ...open, schemeVersion: 9 })
      .refuses('SCHEME_UNKNOWN');
    given()
      .when({ ...open, term: '2026-1' })
      .refuses('TERM_UNKNOWN', { academicYear: '2025-2026', term: '2026-1' });
  });

  it('belongs to an open teaching class of the course with the student on its roster', () => {
    const inClass = (change: Partial<typeof teachingClass>): ReturnType<ReturnType<typeof given>['when']> =>
      given().when(open, { facts: { class: { ...teachingClass, ...change } } });
    inClass({ formed: null }).refuses('CLASS_UNKNOWN');
    inClass({ formed: { ...teachingClass.formed!, kind: 'administrative' } }).refuses('CLASS_IS_ADMINISTRATIVE');
    inClass({ formed: { ...teachingClass.formed!, course: 'EC102@2' } }).refuses('CLASS_OF_OTHER_COURSE', { wanted: 'EC101@2' });
    inClass({ formed: { ...teachingClass.formed!, course: null } }).refuses('CLASS_OF_OTHER_COURSE');
    inClass({ closed: true }).refuses('CLASS_NOT_OPEN');
    inClass({ roster: ['e2'] }).refuses('NOT_ON_ROSTER');
  });

  it('rests on a contract of the student; a final assessment on a gateway that both sides signed', () => {
    const under = (change: Partial<typeof contract>, c: OpenAttempt = open): ReturnType<ReturnType<typeof given>['when']> =>
      given().when(c, { facts: { contract: { ...contract, ...change } } });
    under(initialContract).refuses('CONTRACT_UNKNOWN');
    under({ of: { ...contract.of!, enrollmentId: 'e2' } }).refuses('CONTRACT_UNKNOWN');
    for (const status of ['draft', 'concluded', 'terminated', 'cancelled'] as const)
      under({ status }).refuses('CONTRACT_NOT_TRAINING', { status });
    const final = { ...open, final: true };
    given()
      .when({ ...final, contractId: null })
      .refuses('FINAL_WITHOUT_CONTRACT');
    under({ gateway: [] }, final).refuses('GATEWAY_NOT_SIGNED', { sides: ['school', 'enterprise'] });
    under({ gateway: ['school'] }, final).refuses('GATEWAY_NOT_SIGNED', { sides: ['enterprise'] });
    under({ gateway: [] }).gives({ type: 'AttemptOpened', data: terms });
    under({ status: 'completed' }, final).gives({ type: 'AttemptOpened', data: { ...terms, final: true } });
  });

  it('follows another only as that one’s outcome allows', () => {
    const after = (
      history: ReturnType<typeof opened>,
      kind: AttemptKind,
      more: Partial<AssessmentFacts> = {},
    ): ReturnType<ReturnType<typeof given>['when']> =>
      given().when(follow(kind), { facts: { follows: attemptOf(history), ...more } });
    const second = (kind: AttemptKind): AttemptEvent => ({
      type: 'AttemptOpened',
      data: { ...terms, kind, number: 2, follows: 'before' },
    });
    const failed = scored(5900);
    after(finalized(failed), 'make-up').gives(second('make-up'));
    after(published(coded('absent')), 'make-up').gives(second('make-up'));
    after(published(failed), 'retake').gives(second('retake'));
    after(published(coded('deferred')), 'deferred').gives(second('deferred'));
    after(voided('opened-in-error'), 'first').gives(second('first'));
    after(imported(), 'make-up').gives(second('make-up'));
    after(imported({ courseId: null }), 'retake').gives(second('retake'));

    after(published(failed), 'deferred').refuses('ATTEMPT_KIND_NOT_ALLOWED', { allowed: ['make-up', 'retake'] });
    after(published(failed), 'first').refuses('ATTEMPT_KIND_NOT_ALLOWED');
    after(published(coded('deferred')), 'make-up').refuses('ATTEMPT_KIND_NOT_ALLOWED');
    after(published(coded('cancelled')), 'make-up').refuses('ATTEMPT_KIND_NOT_ALLOWED');
    after(voided('opened-in-error'), 'deferred').refuses('ATTEMPT_KIND_NOT_ALLOWED');
    for (const history of [published(), finalized(), imported({ result: scored(6000) }), published(coded('exempted'))])
      after(history, 'retake').refuses('ATTEMPT_PASSED');
    for (const history of [opened(), submitted(failed), moderated(failed)])
      after(history, 'make-up').refuses('ATTEMPT_UNDECIDED');
  });

  it('after cheating there is a retake, and a make-up only by policy', () => {
    const generous = { policy: { ...defaultAssessmentPolicy, makeUpAfterCheating: true } };
    for (const history of [published(coded('cheating')), voided('misconduct'), imported({ voided: true })]) {
      const follows = attemptOf(history);
      given().when(follow('retake'), { facts: { follows } }).accepted();
      given().when(follow('make-up'), { facts: { follows } }).refuses('MAKE_UP_AFTER_CHEATING');
      given()
        .when(follow('make-up'), { facts: { follows, ...generous } })
        .accepted();
    }
  });

  it('follows an attempt of the same learner at the same course, and the one before', () => {
    const failed = scored(100);
    const other = (change: Partial<AttemptTerms>): AssessmentFacts => ({ follows: attemptOf(published(failed, change)) });
    given().when(follow('make-up'), { facts: {} }).refuses('ATTEMPT_UNKNOWN');
    given()
      .when(follow('make-up'), { facts: { follows: initialAttempt } })
      .refuses('ATTEMPT_UNKNOWN');
    given()
      .when(follow('make-up'), { facts: other({ learnerId: 'wang' }) })
      .refuses('ATTEMPT_UNKNOWN');
    given()
      .when(follow('make-up'), { facts: other({ courseId: 'logistics' }) })
      .refuses('ATTEMPT_UNKNOWN');
    given()
      .when(follow('make-up'), { facts: other({ number: 2 }) })
      .refuses('ATTEMPT_UNKNOWN');
    for (const kind of ['deferred', 'make-up', 'retake'] as const)
      given()
        .when({ ...open, kind })
        .refuses('ATTEMPT_FOLLOWS_NONE');
  });

  it('an attempt that was voided is not opened again: the next one follows it', () => {
    given(...voided('opened-in-error'))
      .when(open)
      .refuses('ATTEMPT_VOIDED');
  });

  it('is once for a learner, a course and a number', () => {
    const ids = [
      attemptIdOf('a', 'chen', 'shop', 1),
      attemptIdOf('b', 'chen', 'shop', 1),
      attemptIdOf('a', 'wang', 'shop', 1),
      attemptIdOf('a', 'chen', 'shop', 2),
      importedAttemptIdOf('a', importedResult),
      importedAttemptIdOf('a', { ...importedResult, order: 2 }),
      importedAttemptIdOf('a', { ...importedResult, kind: 'make-up' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

// ── scoring ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('scoring', () => {
  const scoredBy = (assessor: string, side: 'school' | 'enterprise', component: string, points: number): AttemptEvent => ({
    type: 'ComponentScored',
    data: { component, part: 'score', score: points, assessor, side, third: false },
  });

  it('is a teacher’s of the class, for the school; the same score again is no event, another one replaces it', () => {
    const once = given(...opened())
      .when(score('exam', 8000), li)
      .gives(scoredBy('li', 'school', 'exam', 8000));
    const twice = once.when(score('exam', 7500), li).gives(scoredBy('li', 'school', 'exam', 7500));
    expect(twice.state.scores).toEqual([expect.objectContaining({ assessor: 'li', score: 7500 })]);
    given(...opened())
      .when(score('exam', 8000), { as: teacher('he') })
      .refuses('ASSESSOR_NOT_ALLOWED', { assessor: 'he' });
    given(...opened({ classId: null }))
      .when(score('exam', 8000), { ...li, facts: { class: undefined as never } })
      .refuses('ASSESSOR_NOT_ALLOWED');
  });

  it('is the present mentor’s, for the enterprise, where the contract’s plan names the course', () => {
    const by = (change: object, mentorFact: object = {}): ReturnType<ReturnType<typeof given>['when']> =>
      given(...opened()).when(score('practical-training', 8000), {
        ...zhou,
        facts: { contract: { ...contract, ...change }, 'teacher-t1': { ...facts['teacher-t1']!, ...mentorFact } },
      });
    by({}).gives(scoredBy('zhou', 'enterprise', 'practical-training', 8000));
    by({ terms: { ...contract.terms!, plan: { ...contract.terms!.plan!, courseIds: [] } } }).refuses('ASSESSOR_NOT_ALLOWED');
    by({ terms: { ...contract.terms!, plan: null } }).refuses('ASSESSOR_NOT_ALLOWED');
    by({ status: 'terminated' }).refuses('ASSESSOR_NOT_ALLOWED');
    by({ mentors: [{ side: 'enterprise', teacherId: 't2', from: '', to: null }] }).refuses('ASSESSOR_NOT_ALLOWED');
    by({ mentors: [] }).refuses('ASSESSOR_NOT_ALLOWED');
    by({}, { status: 'suspended' }).refuses('ASSESSOR_NOT_ALLOWED');
    by({}, { personId: 'somebody-else' }).refuses('ASSESSOR_NOT_ALLOWED');
  });

  it('a registrar enters a paper score on behalf of the assessor, whose side it is', () => {
    given(...opened())
      .when(score('practical-training', 8000, { onBehalfOf: 'li' }))
      .gives(scoredBy('li', 'school', 'practical-training', 8000));
    given(...opened())
      .when(score('practical-training', 8000, { onBehalfOf: 'zhou' }))
      .gives(scoredBy('zhou', 'enterprise', 'practical-training', 8000));
    given(...opened())
      .when(score('exam', 8000))
      .refuses('ASSESSOR_NOT_NAMED');
    given(...opened())
      .when(score('exam', 8000, { onBehalfOf: 'he' }))
      .refuses('ASSESSOR_NOT_ALLOWED');
    given(...opened())
      .when(score('exam', 8000, { onBehalfOf: 'wu' }), li)
      .refuses('ASSESSOR_NOT_ALLOWED', { assessor: 'wu' });
  });

  it('whoever is of both sides speaks for the side of her role', () => {
    const both = { facts: { class: { ...teachingClass, teachers: ['zhou'] } } };
    given(...opened())
      .when(score('defense', 8000), { ...both, ...zhou })
      .gives(scoredBy('zhou', 'enterprise', 'defense', 8000));
    given(...opened())
      .when(score('defense', 8000), { ...both, as: teacher('zhou') })
      .gives(scoredBy('zhou', 'school', 'defense', 8000));
  });

  it('is of a component and a part that the scheme has, by its side, within 100 points', () => {
    given(...opened())
      .when(score('essay', 8000), li)
      .refuses('COMPONENT_UNKNOWN', { known: ['exam', 'practical-training', 'defense'] });
    given(...opened())
      .when(score('exam', 8000, { part: 'exit' }), li)
      .refuses('PART_NOT_SCORED', { parts: ['score'] });
    given(...opened({ schemeVersion: 2 }))
      .when(score('progress', 8000), li)
      .refuses('PART_NOT_SCORED', { parts: ['baseline', 'exit'] });
    given(...opened())
      .when(score('exam', 8000), zhou)
      .refuses('COMPONENT_OF_OTHER_SIDE', { side: 'school' });
    for (const wrong of [-1, 10_001, 80.5, Number.NaN])
      given(...opened())
        .when(score('exam', wrong), li)
        .refuses('SCORE_OUT_OF_RANGE');
  });

  it('ends with the submission, and never goes back in time', () => {
    for (const history of [submitted(), moderated(), published(), finalized(), voided(), imported()])
      given(...history)
        .when(score('exam', 8000), li)
        .refuses('ATTEMPT_NOT_OPEN');
    given(...opened())
      .when(score('exam', 8000), { ...li, on: '2026-01-01' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
    given(...marked(), past('2026-01-13', { type: 'ResultSubmitted', data: { result: scored(8000), components: [] } }))
      .when(score('exam', 8000), li)
      .givesNothing();
  });

  it('a third marker is needed, independent, and one', () => {
    const apart = [
      ...marked(),
      past('2026-01-12', {
        type: 'ComponentScored',
        data: { component: 'defense', part: 'score', score: 6499, assessor: 'zhou', side: 'enterprise', third: false },
      } as const),
    ];
    const third = score('defense', 7000, { third: true });
    given(...marked())
      .when(third, { as: teacher('wu') })
      .refuses('THIRD_MARKER_NOT_NEEDED');
    given(...apart)
      .when(third, li)
      .refuses('THIRD_MARKER_NOT_INDEPENDENT');
    const settled = given(...apart)
      .when(third, { as: teacher('wu') })
      .gives({
        type: 'ComponentScored',
        data: { component: 'defense', part: 'score', score: 7000, assessor: 'wu', side: 'school', third: true },
      });
    settled.when(score('defense', 9000, { third: true }), { as: teacher('wu') }).accepted();
    settled.when(third, { as: teacher('sun') }).refuses('THIRD_MARKER_GIVEN', { assessor: 'wu' });
    settled.when(score('defense', 9000), { as: teacher('wu') }).refuses('THIRD_MARKER_NOT_INDEPENDENT');
  });
});

// ── submitting ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('submitting', () => {
  const scores = (
    list: readonly (readonly [component: string, points: number, by: string, more?: object])[],
    said: Partial<AttemptTerms> = {},
  ): ReturnType<typeof opened> => [
    ...opened(said),
    ...list.map(([component, points, assessor, more]) =>
      past('2026-01-12', {
        type: 'ComponentScored',
        data: {
          component,
          part: 'score',
          score: points,
          assessor,
          side: assessor === 'zhou' ? 'enterprise' : 'school',
          third: false,
          ...more,
        },
      } as const),
    ),
  ];
  const resultOf = (history: ReturnType<typeof opened>): Result => {
    const state = given(...history)
      .when(submit)
      .accepted().state;
    return state.result!;
  };

  it('adds up the components by their weights, rounded once', () => {
    const history = scores([
      ['exam', 8560, 'li'],
      ['practical-training', 9000, 'li'],
      ['practical-training', 8001, 'zhou'],
      ['defense', 7800, 'li'],
      ['defense', 7800, 'zhou'],
    ]);
    // 8500.5 rounds to 8501; 3424 + 3400.4 + 1560 = 8384.4 rounds to 84 points.
    given(...history)
      .when(submit)
      .gives({
        type: 'ResultSubmitted',
        data: {
          result: scored(8400),
          components: [
            { component: 'exam', score: 8560, weight: 4000 },
            { component: 'practical-training', score: 8501, weight: 4000 },
            { component: 'defense', score: 7800, weight: 2000 },
          ],
        },
      });
  });

  it('needs every component, and both sides where both may score', () => {
    given(...opened())
      .when(submit)
      .refuses('COMPONENTS_NOT_SCORED', { components: ['exam', 'practical-training', 'defense'] });
    const oneSided = scores([
      ['exam', 8000, 'li'],
      ['practical-training', 8000, 'li'],
      ['practical-training', 8000, 'zhou'],
      ['defense', 8000, 'li'],
    ]);
    given(...oneSided)
      .when(submit)
      .refuses('BOTH_SIDES_NEEDED', { components: ['defense'] });
  });

  it('waits for a third marker where the sides differ by more than allowed, and takes hers alone', () => {
    const sides = (enterprise: number): ReturnType<typeof opened> =>
      scores([
        ['exam', 8000, 'li'],
        ['practical-training', 8000, 'li'],
        ['practical-training', 8000, 'zhou'],
        ['defense', 8000, 'li'],
        ['defense', enterprise, 'zhou'],
      ]);
    expect(resultOf(sides(6500))).toEqual(scored(7900));
    given(...sides(6499))
      .when(submit)
      .refuses('THIRD_MARKER_NEEDED', { component: 'defense', divergence: 1500 });
    const third = past('2026-01-12', {
      type: 'ComponentScored',
      data: { component: 'defense', part: 'score', score: 6000, assessor: 'wu', side: 'school', third: true },
    } as const);
    expect(resultOf([...sides(6499), third])).toEqual(scored(7600));
    const agreed = scores([['defense', 7900, 'zhou']]).slice(1);
    expect(resultOf([...sides(6499), third, ...agreed])).toEqual(scored(8000));
  });

  it('counts what was gained of what was missing', () => {
    const history = (baseline: number, exit: number): ReturnType<typeof opened> =>
      scores(
        [
          ['exam', 8000, 'li'],
          ['progress', baseline, 'li', { part: 'baseline' }],
          ['progress', exit, 'li', { part: 'exit' }],
        ],
        { schemeVersion: 2 },
      );
    expect(resultOf(history(4000, 7000))).toEqual(scored(6500));
    expect(resultOf(history(7000, 4000))).toEqual(scored(4000));
    expect(resultOf(history(10_000, 9000))).toEqual(scored(8500));
    given(...history(4000, 7000).slice(0, -1))
      .when(submit)
      .refuses('COMPONENTS_NOT_SCORED', { components: ['progress'] });
  });

  it('caps a make-up, and no other kind', () => {
    const resultAs = (kind: AttemptKind): Result => resultOf(marked(8000, { kind }));
    expect(resultAs('make-up')).toEqual({ ...scored(6000), capped: true });
    for (const kind of ['first', 'deferred', 'retake'] as const) expect(resultAs(kind)).toEqual(scored(8000));
    expect(resultOf(marked(5900, { kind: 'make-up' }))).toEqual(scored(5900));
  });

  it('grades on the five-grade scale', () => {
    const grade = (points: number): Result => resultOf(scores([['exam', points, 'li']], { schemeVersion: 3 }));
    expect(grade(8999)).toEqual({ ...scored(9000), grade: 'excellent' });
    expect(grade(7400)).toEqual({ ...scored(7400), grade: 'medium' });
    expect(grade(5900)).toEqual({ ...scored(5900), grade: 'fail' });
  });

  it('says a code instead of a score: only who was exempted has passed', () => {
    for (const code of ['deferred', 'absent', 'cheating', 'exempted', 'cancelled'] as const) {
      given(...marked())
        .when({ type: 'SubmitResult', code })
        .gives({ type: 'ResultSubmitted', data: { result: coded(code), components: [] } });
    }
    expect(coded('exempted').passed).toBe(true);
    given(...submitted(coded('absent')))
      .when(submit)
      .refuses('ATTEMPT_NOT_OPEN', { status: 'submitted' });
    given(...finalized())
      .when(submit)
      .givesNothing();
    given(...voided())
      .when(submit)
      .refuses('ATTEMPT_NOT_OPEN');
    given(...imported())
      .when(submit)
      .refuses('ATTEMPT_NOT_OPEN');
    given(...marked())
      .when(submit, { on: '2026-01-06' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });
});

// ── moderation and publication ─────────────────────────────────────────────────────────────────────────────────────────────

describe('moderation', () => {
  it('is another person’s, who confirms or adjusts with a reason', () => {
    given(...submitted())
      .when(moderate())
      .gives({ type: 'ResultModerated', data: { result: scored(8000) } });
    const adjusted = given(...submitted())
      .when(moderate(result({ score: 7800 })))
      .gives({ type: 'ResultModerated', data: { result: scored(7800) } });
    adjusted.when(moderate(result({ code: 'cheating' }))).gives({ type: 'ResultModerated', data: { result: coded('cheating') } });
    given(...submitted())
      .when(moderate(), { by: 'li' })
      .refuses('SAME_PERSON');
    given(...submitted())
      .when(moderate(result({ score: 7800 }), false))
      .refuses('REASON_NEEDED');
    given(...submitted(undefined, { kind: 'make-up' }))
      .when(moderate(result({ score: 9900 })))
      .gives({ type: 'ResultModerated', data: { result: { ...scored(6000), capped: true } } });
  });

  it('says exactly one thing, as the scheme says it', () => {
    const refused = (said: Partial<Said>): ReturnType<ReturnType<typeof given>['when']> =>
      given(...submitted()).when(moderate(result(said)));
    refused({}).refuses('VALUE_NOT_ACCEPTED', { field: 'result' });
    refused({ score: 7000, code: 'absent' }).refuses('VALUE_NOT_ACCEPTED', { field: 'result' });
    refused({ grade: 'good' }).refuses('VALUE_NOT_ACCEPTED', { field: 'grade' });
    refused({ score: 7000, passed: false }).refuses('VALUE_NOT_ACCEPTED', { field: 'passed', expected: 'true' });
    refused({ score: 10_001 }).refuses('SCORE_OUT_OF_RANGE');
  });

  it('is before the publication; the same again is no event', () => {
    for (const history of [opened(), voided(), imported()])
      given(...history)
        .when(moderate())
        .refuses('RESULT_NOT_SUBMITTED');
    for (const history of [moderated(), published(), finalized()])
      given(...history)
        .when(moderate())
        .givesNothing();
    given(...published())
      .when(moderate(result({ score: 100 })))
      .refuses('RESULT_NOT_SUBMITTED');
    given(...submitted())
      .when(moderate(), { on: '2026-01-06' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });
});

describe('publication', () => {
  const publish = { type: 'PublishResult' } as const;

  it('is of a moderated result, and opens the appeal window in working days of the calendar', () => {
    const data = { result: scored(8000), credits: 400 };
    given(...moderated())
      .when(publish)
      .gives({ type: 'ResultPublished', data: { ...data, appealUntil: '2026-03-17' } });
    const holidays = [{ name: { zh: '假', en: 'Holiday' }, from: '2026-03-11', to: '2026-03-13' }];
    given(...moderated())
      .when(publish, { facts: { calendar: { ...facts.calendar!, holidays } } })
      .gives({ type: 'ResultPublished', data: { ...data, appealUntil: '2026-03-20' } });
  });

  it('counts the window from the day of recording, not from the day that was said', () => {
    given(...moderated())
      .when(publish, { on: '2026-02-01' })
      .gives({ type: 'ResultPublished', data: { result: scored(8000), credits: 400, appealUntil: '2026-03-17' } });
  });

  it('comes once, after the moderation', () => {
    for (const history of [opened(), submitted(), voided(), imported()])
      given(...history)
        .when(publish)
        .refuses('RESULT_NOT_MODERATED');
    for (const history of [published(), finalized()])
      given(...history)
        .when(publish)
        .givesNothing();
    given(...moderated())
      .when(publish, { on: '2026-01-06' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });

  it('makes a result public', () => {
    const states = Object.entries(histories).filter(([, history]) => isPublic(attemptOf(history())));
    expect(states.map(([status]) => status)).toEqual(['published', 'final', 'imported']);
    expect(Object.entries(histories).map(([status, history]) => [status, attemptOf(history()).status])).toEqual(
      Object.keys(histories).map((status) => [status, status]),
    );
  });
});

describe('finalizing', () => {
  const finalize = { type: 'FinalizeResult' } as const;

  it('comes after the window, with no appeal open', () => {
    const final = { type: 'ResultFinalized', data: { result: scored(8000), credits: 400 } } as const;
    given(...published())
      .when(finalize, { now: '2026-03-14' })
      .gives(final);
    given(...published())
      .when(finalize, { now: '2026-03-13T15:59:59.999Z' })
      .refuses('APPEAL_WINDOW_OPEN', { until: '2026-03-13' });
    given(...published())
      .when(finalize, { now: '2026-03-20', on: '2026-03-10' })
      .refuses('APPEAL_WINDOW_OPEN');
    given(...appealed())
      .when(finalize, { now: '2026-05-01' })
      .refuses('APPEAL_OPEN', { appealId: 'a1' });
    given(...dismissed())
      .when(finalize, { now: '2026-03-14' })
      .gives(final);
    given(...upheld())
      .when(finalize, { now: '2026-03-14' })
      .gives({ type: 'ResultFinalized', data: { result: scored(9000), credits: 400 } });
  });

  it('is of a published result, once', () => {
    for (const history of [opened(), submitted(), moderated(), voided(), imported()])
      given(...history)
        .when(finalize, { now: '2026-05-01' })
        .refuses('RESULT_NOT_PUBLISHED');
    given(...finalized())
      .when(finalize, { now: '2026-05-01' })
      .givesNothing();
    const late = [...published(), past('2026-04-01', { type: 'AppealDismissed', data: { appealId: 'a1' } } as const)];
    given(...late)
      .when(finalize, { now: '2026-05-01', on: '2026-03-20' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });
});

describe('voiding', () => {
  const ground = (of: 'misconduct' | 'opened-in-error'): AttemptCommand => ({ type: 'VoidAttempt', ground: of });

  it('is possible until the result is final', () => {
    for (const history of [opened(), submitted(), moderated(), published(), appealed()])
      given(...history)
        .when(ground('misconduct'))
        .gives({ type: 'AttemptVoided', data: { ground: 'misconduct' } });
    for (const history of [finalized(), imported()])
      given(...history)
        .when(ground('misconduct'), { now: '2026-05-01' })
        .refuses('RESULT_FINAL');
    given(...voided('misconduct'))
      .when(ground('misconduct'))
      .givesNothing();
    given(...voided('misconduct'))
      .when(ground('opened-in-error'))
      .refuses('ATTEMPT_VOIDED');
    given(...opened())
      .when(ground('misconduct'), { on: '2026-01-01' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });
});

// ── appeals ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('an appeal', () => {
  const file = { type: 'FileAppeal', appealId: 'a1' } as const;
  const uphold = (score9: number, appealId = 'a1'): AttemptCommand => ({
    type: 'UpholdAppeal',
    appealId,
    result: result({ score: score9 }),
  });
  const dismiss: AttemptCommand = { type: 'DismissAppeal', appealId: 'a1' };

  it('is filed by the last day of the window, once', () => {
    const until = { as: herself, now: '2026-03-13T15:59:59.999Z' };
    given(...published())
      .when(file, until)
      .gives({ type: 'AppealFiled', data: { appealId: 'a1' } });
    given(...published())
      .when(file, { as: herself, now: '2026-03-14' })
      .refuses('APPEAL_TOO_LATE', { until: '2026-03-13' });
    given(...published())
      .when(file, { as: herself, now: '2026-03-20', on: '2026-03-10' })
      .refuses('APPEAL_TOO_LATE');
    given(...appealed())
      .when({ ...file, appealId: 'a2' }, until)
      .givesNothing();
    for (const history of [upheld(), dismissed()])
      given(...history)
        .when(file, until)
        .refuses('APPEAL_SETTLED');
    for (const history of [opened(), submitted(), moderated(), finalized(), voided(), imported()])
      given(...history)
        .when(file, { now: '2026-03-14' })
        .refuses('RESULT_NOT_PUBLISHED');
    given(...published())
      .when(file, { as: herself, on: '2026-03-05' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });

  it('is upheld with another result, or dismissed, by somebody who did not moderate', () => {
    given(...appealed())
      .when(uphold(9000))
      .gives({ type: 'AppealUpheld', data: { appealId: 'a1', result: scored(9000) } });
    given(...appealed())
      .when(dismiss)
      .gives({ type: 'AppealDismissed', data: { appealId: 'a1' } });
    for (const command of [uphold(9000), dismiss]) {
      given(...appealed())
        .when(command, { by: 'qian' })
        .refuses('SAME_PERSON');
      given(...published())
        .when(command)
        .refuses('APPEAL_UNKNOWN');
      given(...appealed(), past('2026-03-09', { type: 'AttemptVoided', data: { ground: 'misconduct' } } as const))
        .when(command)
        .refuses('RESULT_NOT_PUBLISHED');
      given(...appealed())
        .when(command, { on: '2026-03-07' })
        .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
    }
    given(...appealed())
      .when(uphold(8000))
      .refuses('NOTHING_TO_CORRECT');
    given(...appealed())
      .when(uphold(90_000))
      .refuses('SCORE_OUT_OF_RANGE');
    given(...appealed())
      .when({ type: 'UpholdAppeal', appealId: 'a1', result: result({ grade: 'good' }) })
      .refuses('VALUE_NOT_ACCEPTED');
    given(...upheld())
      .when(uphold(9000))
      .givesNothing();
    given(...upheld())
      .when(uphold(9100))
      .refuses('APPEAL_SETTLED', { outcome: 'upheld' });
    given(...upheld())
      .when(dismiss)
      .refuses('APPEAL_SETTLED');
    given(...dismissed())
      .when(uphold(9000))
      .refuses('APPEAL_SETTLED');
    expect(attemptOf(upheld()).result).toEqual(scored(9000));
    expect(attemptOf(dismissed()).result).toEqual(scored(8000));
  });
});

// ── corrections ────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('a correction', () => {
  const request = (said: Partial<Said>, requestId = 'q1'): AttemptCommand => ({
    type: 'RequestGradeCorrection',
    requestId,
    result: result(said),
    evidence: ['file 7'],
  });
  const toFail = request({ score: 5000 });
  const grant: AttemptCommand = { type: 'GrantApproval', requestId: 'q1', digest: digestOf(toFail) };
  const late = { now: '2026-06-01' };
  const requested = (history: ReturnType<typeof opened>, command = toFail): ReturnType<typeof given> =>
    given(...history)
      .when(command, late)
      .accepted();

  it('takes two people, and says what follows for the credit', () => {
    const pending = given(...finalized())
      .when(toFail, late)
      .gives({
        type: 'ApprovalRequested',
        data: {
          requestId: 'q1',
          act: 'CorrectGrade',
          against: `result@4:${JSON.stringify(scored(8000))}`,
          target: '4',
          targetEffectiveAt: day('2026-03-14'),
          proposal: { field: 'result', old: scored(8000), new: scored(5000) },
          personal: null,
          evidence: ['file 7'],
        },
      });
    pending.when(grant, late).refuses('SAME_PERSON');
    pending.when({ ...grant, digest: 'another' }, { ...late, by: 'qian' }).refuses('REQUEST_DIGEST_DIFFERS');
    pending.when({ ...grant, requestId: 'q9' }, { ...late, by: 'qian' }).refuses('REQUEST_UNKNOWN');
    pending.when(request({ score: 5000 }, 'q2'), late).refuses('REQUEST_PENDING', { requestId: 'q1' });
    const decision = pending.when(grant, { ...late, by: 'qian' });
    const corrected = decision.accepted();
    expect(decision.decision).toMatchObject([
      { type: 'ApprovalGranted' },
      {
        type: 'GradeCorrected',
        effectiveAt: day('2026-03-14'),
        data: {
          requestId: 'q1',
          target: '4',
          field: 'result',
          old: scored(8000),
          new: scored(5000),
          consequence: 'reverses-credit',
        },
      },
    ]);
    expect(corrected.state).toMatchObject({ status: 'final', result: scored(5000), resultRevision: 4n });
    corrected.when({ type: 'RefuseApproval', requestId: 'q1' }, late).refuses('REQUEST_SETTLED');
    corrected.when(toFail, { ...late, by: 'qian' }).refuses('NOTHING_TO_CORRECT');
  });

  it('may be refused, or withdrawn by who asked', () => {
    const refuseIt: AttemptCommand = { type: 'RefuseApproval', requestId: 'q1' };
    requested(finalized())
      .when(refuseIt, late)
      .gives({ type: 'ApprovalRefused', data: { requestId: 'q1' } });
    requested(finalized())
      .when({ ...refuseIt, requestId: 'q9' }, late)
      .refuses('REQUEST_UNKNOWN');
    const refused = requested(finalized())
      .when(refuseIt, { ...late, by: 'qian' })
      .accepted();
    refused.when(grant, { ...late, by: 'qian' }).refuses('REQUEST_SETTLED', { outcome: 'refused' });
  });

  it('is stale once the result was said anew, or the attempt voided', () => {
    const moved = requested(published()).when({ type: 'FinalizeResult' }, late).accepted();
    moved.when(grant, { ...late, by: 'qian' }).gives({
      type: 'ApprovalStale',
      data: { requestId: 'q1', now: `result@5:${JSON.stringify(scored(8000))}` },
    });
    const gone = requested(published()).when({ type: 'VoidAttempt', ground: 'misconduct' }, late).accepted();
    gone.when(grant, { ...late, by: 'qian' }).gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'voided' } });
  });

  it('of a published result is what becomes final', () => {
    const corrected = requested(published())
      .when(grant, { ...late, by: 'qian' })
      .accepted();
    corrected
      .when({ type: 'FinalizeResult' }, late)
      .gives({ type: 'ResultFinalized', data: { result: scored(5000), credits: 400 } });
  });

  it('is of a public result alone, to another one', () => {
    for (const history of [opened(), submitted(), moderated(), voided(), imported({ voided: true })])
      given(...history)
        .when(toFail, late)
        .refuses('RESULT_NOT_PUBLISHED');
    given(...finalized())
      .when(request({ score: 8000 }), late)
      .refuses('NOTHING_TO_CORRECT');
    given(...finalized())
      .when(request({ score: 20_000 }), late)
      .refuses('SCORE_OUT_OF_RANGE');
    given(...finalized())
      .when(request({}), late)
      .refuses('VALUE_NOT_ACCEPTED');
  });

  it('of a result of before the ledger says itself whether it passes', () => {
    given(...imported())
      .when(request({ score: 6000 }), late)
      .refuses('VALUE_NOT_ACCEPTED', { field: 'passed' });
    const proposal = (said: Partial<Said>): unknown =>
      requested(imported(), request(said)).state.approvals['q1']!.proposal['new'];
    expect(proposal({ score: 6000, passed: true })).toEqual(scored(6000));
    expect(proposal({ grade: 'good' })).toEqual({ ...scored(0), score: null, grade: 'good', passed: true });
    expect(proposal({ code: 'exempted' })).toEqual(coded('exempted'));
  });

  it('reverses, deposits or changes', () => {
    expect(consequenceOf(scored(8000), scored(5000))).toBe('reverses-credit');
    expect(consequenceOf(scored(5000), scored(8000))).toBe('deposits-credit');
    expect(consequenceOf(scored(8000), coded('exempted'))).toBe('changes-grade');
    expect(consequenceOf(scored(5000), coded('absent'))).toBe('none');
  });
});

// ── results of before the ledger ───────────────────────────────────────────────────────────────────────────────────────────

describe('an import', () => {
  const importing = (said: Partial<typeof importedResult> = {}): AttemptCommand => ({
    type: 'ImportResult',
    content: { ...importedResult, ...said },
  });
  const elsewhere = { run: 'run2', row: 9, fileDigest: 'other', rowDigest: 'other' };

  it('is taken as the sheet has it, once, from whatever sheet', () => {
    given().when(importing()).gives({ type: 'ResultImported', data: importedResult });
    given(...imported())
      .when(importing({ source: elsewhere }))
      .givesNothing();
    given(...imported())
      .when(importing({ result: scored(6000), credits: 300, source: elsewhere }))
      .refuses('ROW_DIFFERS', {
        differences: [
          { field: 'credits', old: 400, new: 300 },
          { field: 'score', old: 5500, new: 6000 },
          { field: 'passed', old: false, new: true },
        ],
      });
    given(...opened())
      .when(importing())
      .refuses('ATTEMPT_EXISTS');
  });

  it('is voided where the sheet says so', () => {
    given()
      .when(importing({ voided: true }))
      .accepted();
    expect(attemptOf(imported({ voided: true }))).toMatchObject({ status: 'voided', voided: 'unknown' });
  });

  it('after a correction neither its own row nor the corrected one is news', () => {
    const corrected = [
      ...imported(),
      past(
        '2025-01-20',
        {
          type: 'GradeCorrected',
          data: {
            requestId: 'q1',
            target: '0',
            field: 'result',
            old: scored(5500),
            new: scored(6500),
            consequence: 'deposits-credit',
          },
        } as const,
        { recorded: '2026-02-01' },
      ),
    ];
    expect(attemptOf(corrected)).toMatchObject({ result: scored(6500), imported: { result: scored(6500) }, resultRevision: 0n });
    given(...corrected)
      .when(importing())
      .givesNothing();
    given(...corrected)
      .when(importing({ result: scored(6500) }))
      .givesNothing();
    given(...corrected)
      .when(importing({ result: scored(7000) }))
      .refuses('ROW_DIFFERS', { differences: [{ field: 'score', old: 6500, new: 7000 }] });
  });
});

it('nothing is done to what is not there', () => {
  for (const command of [
    score('exam', 1),
    submit,
    moderate(),
    { type: 'PublishResult' },
    { type: 'FileAppeal', appealId: 'a' },
  ] as const)
    given().when(command).refuses('NOT_FOUND');
});

it('the command table says what was seen', () => {
  expectTable(attemptCommands, seen, ['LEARNER_ERASED'], commonRefusals);
});
