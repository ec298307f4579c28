import { beforeEach, describe, expect, it } from '@jest/globals';
import { attemptFact } from '../facts/attempt.ts';
import { importedAttemptIdOf } from '../contexts/assessment/attempt.ts';
import { claimsOf, idNumberValue } from '../contexts/enrollment/gates.ts';
import { planLearner } from '../contexts/enrollment/plans.ts';
import { planAttempt } from '../contexts/assessment/plans.ts';
import { planCurriculum } from '../contexts/curriculum/curriculum.ts';
import type { ResultRow } from '../intake/results.ts';
import { isRefusal } from '../kernel/refusal.ts';
import type { ImportDeps, RowAnswer } from './importing.ts';
import { by, outcomes, student, world } from './imports.fixture.ts';

let here: ReturnType<typeof world>;
let learnerId: string;

const result = (over: Partial<ResultRow> = {}): ResultRow => ({
  row: 2,
  studentNumber: '25001',
  name: '王芳',
  courseCode: 'DS101',
  courseName: '网店运营',
  credits: 350,
  nature: 'compulsory',
  kind: 'first',
  order: 1,
  academicYear: '2025-2026',
  term: '1',
  result: { score: 8550 },
  components: [{ name: '平时成绩', score: 9000 }],
  voided: false,
  ...over,
});
const take = (rows: readonly ResultRow[], digest = 'results-1', options = {}) => here.take('results', rows, digest, options);
const idOf = ({ courseCode, academicYear, term, kind, order }: ResultRow): string =>
  importedAttemptIdOf('college', { learnerId, courseCode, academicYear, term: `${academicYear}-${term}`, kind, order });
const recorded = async (row: ResultRow) => (await here.transactor.load(attemptFact(idOf(row)))).state;

beforeEach(async () => {
  here = world();
  await here.program();
  const [registered] = await here.roster([student({ studentNumber: '25001', entryDate: '2025-09-01' })]);
  learnerId = registered!.learnerId!;
});

describe('a result', () => {
  it('is recorded once with everything that its row says, attested by the sheet, true by the end of its term', async () => {
    const [answer] = await take([result()]);
    expect(answer).toMatchObject({ outcome: 'imported', learnerId });
    const state = await recorded(result());
    expect(state.imported).toEqual({
      learnerId,
      enrollmentId: answer!.enrollmentId,
      courseId: null,
      courseCode: 'DS101',
      courseName: { zh: '网店运营', en: '网店运营' },
      credits: 350,
      nature: 'compulsory',
      category: null,
      kind: 'first',
      order: 1,
      academicYear: '2025-2026',
      term: '2025-2026-1',
      result: { score: 8550, grade: null, code: null, passed: true, capped: false },
      components: [{ name: '平时成绩', score: 9000 }],
      voided: false,
      teachingClass: null,
      source: { run: expect.any(String), row: 2, fileDigest: 'results-1', rowDigest: expect.any(String) },
    });
    expect(state.statusSince).toBe('2026-01-30T16:00:00.000Z');
  });

  it.each([
    [{ score: 6000 }, true],
    [{ score: 5999 }, false],
    [{ grade: 'pass' }, true],
    [{ grade: 'fail' }, false],
    [{ verdict: 'passed' }, true],
    [{ verdict: 'failed' }, false],
    [{ code: 'exempted' }, true],
    [{ code: 'deferred' }, false],
    [{ code: 'cheating' }, false],
  ] as const)('of %j is passed: %s', async (said, passed) => {
    await take([result({ result: said })]);
    expect((await recorded(result())).result).toMatchObject({ passed });
  });

  it('that was voided is recorded as voided', async () => {
    await take([result({ voided: true })]);
    expect(await recorded(result())).toMatchObject({ status: 'voided', voided: 'unknown' });
  });

  it('takes the last day of its term from the calendar', async () => {
    const terms = [
      { name: 'autumn', from: '2025-09-01', to: '2026-01-18' },
      { name: 'spring', from: '2026-02-23', to: '2026-07-05' },
    ];
    const command = {
      type: 'PublishCalendar',
      years: [{ name: '2025-2026', from: '2025-09-01', to: '2026-08-31', terms }],
      holidays: [],
    } as const;
    const context = { ...by, commandId: 'calendar', causationId: 'calendar', digest: 'calendar' };
    expect(isRefusal(await here.transactor.transact(context, () => planCurriculum(command, 'college')))).toBe(false);
    await take([result({ term: '2' })]);
    expect((await recorded(result({ term: '2' }))).statusSince).toBe('2026-07-04T16:00:00.000Z');
  });

  it('of a term that has not ended is true as of now', async () => {
    await take([result({ academicYear: '2026-2027' })]);
    expect((await recorded(result({ academicYear: '2026-2027' }))).statusSince).toBe('2026-10-01T04:00:00.000Z');
  });
});

describe('a row again', () => {
  it('is no second attempt, in the file, in the next file, in the next run', async () => {
    expect(outcomes(await take([result(), result({ row: 3 })]))).toEqual(['imported', 'unchanged']);
    const head = await here.store.head();
    expect(outcomes(await take([result({ row: 9 })], 'results-2'))).toEqual(['unchanged']);
    // The second run's start, and nothing else.
    expect(await here.store.head()).toBe(head + 1n);
  });

  it('of a run that was killed is answered as taken, and nothing is written again', async () => {
    const rows = [result(), result({ row: 3, courseCode: 'DS102' })];
    await take(rows.slice(0, 1));
    const head = await here.store.head();
    expect(outcomes(await take(rows))).toEqual(['imported', 'imported']);
    expect(await here.store.head()).toBe(head + 1n);
  });

  it('that says something else is refused with old and new', async () => {
    await take([result()]);
    const [answer] = await take([result({ result: { score: 9000 } })], 'results-2');
    expect(answer!.refusal).toEqual({
      refused: 'ROW_DIFFERS',
      facts: { differences: [{ field: 'score', old: 8550, new: 9000 }] },
    });
    expect((await recorded(result())).result).toMatchObject({ score: 8550 });
  });

  it('is another attempt where its kind, its term or its order is another', async () => {
    const rows = [
      result({ result: { score: 4000 } }),
      result({ row: 3, kind: 'make-up' }),
      result({ row: 4, kind: 'make-up', order: 2, result: { score: 6100 } }),
      result({ row: 5, term: '2', kind: 'retake' }),
      result({ row: 6, courseCode: 'DS102' }),
    ];
    expect(outcomes(await take(rows))).toEqual(rows.map(() => 'imported'));
    expect(outcomes(await take(rows, 'results-2'))).toEqual(rows.map(() => 'unchanged'));
  });

  it('that says what a correction made of it is no news', async () => {
    await take([result()]);
    const say = (commandId: string, personId: string, command: Parameters<typeof planAttempt>[1]) =>
      here.transactor.transact(
        { ...by, commandId, digest: commandId, actor: { ...by.actor, personId }, causationId: commandId },
        () => planAttempt(idOf(result()), command, { institutionId: 'college' }),
      );
    const said = { score: 9000, grade: null, code: null, passed: true };
    const requested = { type: 'RequestGradeCorrection', requestId: 'q1', result: said, evidence: [] } as const;
    expect(isRefusal(await say('c1', 'r1', requested))).toBe(false);
    expect(isRefusal(await say('c2', 'r2', { type: 'GrantApproval', requestId: 'q1', digest: 'c1' }))).toBe(false);
    expect(outcomes(await take([result({ result: { score: 9000 } })], 'results-2'))).toEqual(['unchanged']);
    expect(outcomes(await take([result()], 'results-3'))).toEqual(['unchanged']);
  });
});

describe('whom it is about', () => {
  it('is found by the number, and must bear the name', async () => {
    const answers = await take([
      result({ studentNumber: '99999' }),
      result({ row: 3, name: '王方' }),
      result({ row: 4, name: ' 王 芳' }),
    ]);
    expect(outcomes(answers)).toEqual(['STUDENT_NUMBER_UNKNOWN', 'NAME_DIFFERS', 'imported']);
    expect(answers[0]!.refusal!.facts).toEqual({ studentNumber: '99999' });
    // The name on record is not read out to a sheet of guesses.
    expect(answers[1]!.refusal!.facts).toEqual({ studentNumber: '25001' });
  });

  it('is nobody of another institution', async () => {
    const run = await here.imports.start(
      { ...by, institutionId: 'academy' },
      'results',
      'results-1',
      { formClasses: false },
      false,
    );
    if (isRefusal(run)) throw new Error(run.refused);
    const answers = await here.imports.rows('results', { ...by, institutionId: 'academy' }, run.runId, [result()], false);
    expect(outcomes(answers as readonly RowAnswer[])).toEqual(['STUDENT_NUMBER_UNKNOWN']);
  });

  it('is remembered from batch to batch, until something is said about her', async () => {
    const loaded: string[] = [];
    const load = here.transactor.load.bind(here.transactor);
    here.transactor.load = ((source: Parameters<ImportDeps['transactor']['load']>[0]) => {
      loaded.push(source.stream);
      return load(source);
    }) as typeof load;
    const lookedUp = (): number => loaded.filter((stream) => stream === `learner-${learnerId}`).length;
    const rows = Array.from({ length: 20 }, (_, i) => result({ row: i + 2, courseCode: `DS${100 + i}` }));
    await take(rows.slice(0, 10));
    await take(rows.slice(10));
    expect(lookedUp()).toBe(1);

    const claims = claimsOf('college', (domain, text) => here.vault.hmac(domain, text));
    const say = (commandId: string, personId: string, command: Parameters<typeof planLearner>[1]) =>
      here.transactor.transact(
        { ...by, commandId, digest: commandId, actor: { ...by.actor, personId }, causationId: commandId },
        () => planLearner(learnerId, command, 'college'),
      );
    const old = { name: '王芳', idType: 'resident-id', idNumber: '440305200801010019' };
    const identity = { ...old, name: '王方' };
    const idClaim = claims.streamOf('id-number', idNumberValue(identity));
    const request = { type: 'RequestIdentityCorrection', requestId: 'q1', old, new: identity, idClaim, evidence: [] } as const;
    expect(await say('c1', 'r1', request)).toMatchObject({ repeated: false });
    expect(
      isRefusal(await say('c2', 'r2', { type: 'GrantApproval', requestId: 'q1', digest: 'c1', opened: { old, new: identity } })),
    ).toBe(false);
    const answers = await take([result(), result({ row: 3, courseCode: 'DS200', name: '王方' })], 'results-2');
    expect(outcomes(answers)).toEqual(['NAME_DIFFERS', 'imported']);
  });
});

describe('its course', () => {
  const course = { row: 2, code: 'DS101', name: { zh: '网店运营' }, credits: 350, hours: 56, nature: 'compulsory' } as const;

  it('is the ledger’s where that knows it, and of any version', async () => {
    await here.take('courses', [course]);
    await here.take('courses', [{ ...course, credits: 400 }], 'courses-2');
    expect(outcomes(await take([result()]))).toEqual(['imported']);
    expect((await recorded(result())).imported?.courseId).toEqual(expect.stringMatching(/^[0-9a-z]+$/));
  });

  it('must have the credits that the row says', async () => {
    await here.take('courses', [course]);
    const [answer] = await take([result({ credits: 300 })]);
    expect(answer!.refusal).toEqual({
      refused: 'COURSE_CREDITS_DIFFER',
      facts: { course: 'DS101', recorded: ['3.5'], given: '3' },
    });
  });

  it('that becomes known later makes no difference to the same row', async () => {
    await take([result(), result({ row: 3, term: '2', credits: 300 })]);
    await here.take('courses', [course]);
    const again = [result(), result({ row: 3, term: '2', credits: 300 }), result({ row: 4, kind: 'retake', credits: 300 })];
    expect(outcomes(await take(again, 'results-2'))).toEqual(['unchanged', 'unchanged', 'COURSE_CREDITS_DIFFER']);
  });
});

it('a dry run tells what would happen and writes nothing', async () => {
  const head = await here.store.head();
  const rows = [result(), result({ row: 3 }), result({ row: 4, result: { score: 1 } }), result({ row: 5, name: '李' })];
  const answers = await take(rows, 'results-1', { dryRun: true });
  expect(outcomes(answers)).toEqual(['imported', 'unchanged', 'ROW_DIFFERS', 'NAME_DIFFERS']);
  expect(await here.store.head()).toBe(head);
});
