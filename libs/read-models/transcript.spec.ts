import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import type { AttemptEvent, Result } from '../events/catalog/assessment.ts';
import { attemptStream } from '../facts/attempt.ts';
import { isRefusal } from '../kernel/refusal.ts';
import type { Projection } from '../projection/engine.ts';
import { apprenticeRecord } from './apprentice-record.ts';
import { enrollmentRegister } from './enrollment-register.ts';
import type { PageOf } from './paging.ts';
import type { Reach } from './reach.ts';
import { reference } from './reference.ts';
import { attemptViews, entriesOf, listAttempts, transcript, type AttemptQuery, type AttemptRow } from './transcript.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;

beforeEach(async () => {
  ledger = new TestLedger('2026-01-10');
  stores = new TestStores();
  projection = await project(ledger, stores, [transcript, apprenticeRecord, reference, enrollmentRegister]);
});
afterEach(() => stores.close());

type Opened = Extract<AttemptEvent, { type: 'AttemptOpened' }>['data'];

const opened = (learner: number, more: Partial<Opened> = {}): AttemptEvent => ({
  type: 'AttemptOpened',
  data: {
    learnerId: `l${learner}`,
    enrollmentId: `e${learner}`,
    courseId: 'marketing',
    courseVersion: 1,
    credits: 400,
    kind: 'first',
    number: 1,
    follows: null,
    schemeId: '442',
    schemeVersion: 1,
    academicYear: '2025-2026',
    term: '2025-2026-1',
    classId: null,
    contractId: null,
    final: false,
    mode: 'in-person',
    ...more,
  },
});
const points = (score: number): Result => ({ score, grade: null, code: null, passed: score >= 6000, capped: false });
const submitted = (score: number): AttemptEvent => ({
  type: 'ResultSubmitted',
  data: { result: points(score), components: [{ component: 'exam', score, weight: 10_000 }] },
});
const published = (score: number): AttemptEvent => ({
  type: 'ResultPublished',
  data: { result: points(score), credits: 400, appealUntil: '2026-01-20' },
});
const corrected = (target: string, from: number, to: number): AttemptEvent => ({
  type: 'GradeCorrected',
  data: { requestId: 'q', target, field: 'result', old: points(from), new: points(to), consequence: 'changes-grade' },
});

const on = (id: string, learner: number, ...events: readonly AttemptEvent[]): Promise<bigint> =>
  ledger.say(attemptStream(id), events, { subjectId: `l${learner}` });

const institution: Reach = { to: 'institution' };
const list = async (query: Partial<AttemptQuery> = {}): Promise<PageOf<AttemptRow>> => {
  await projection.catchUp();
  const page = await stores.read(attemptViews, (db) =>
    listAttempts(db, { institutionId: 'college', reach: institution, ...query }),
  );
  if (isRefusal(page)) throw new Error(page.refused);
  return page;
};
const idsOf = ({ rows }: PageOf<AttemptRow>): string[] => rows.map(({ entry }) => entry.attemptId);

describe('a row', () => {
  it('follows an attempt from its opening to its end, a correction in place of what it corrects', async () => {
    await on('a', 1, opened(1));
    expect((await list()).rows[0]!.entry).toMatchObject({ status: 'open', result: null, told: false });
    await on('a', 1, submitted(5900));
    expect((await list()).rows[0]!.entry).toMatchObject({ status: 'submitted', result: { score: 5900 }, told: false });
    await on('a', 1, published(5900), { type: 'AppealFiled', data: { appealId: 'p' } });
    expect((await list()).rows[0]!.entry).toMatchObject({ status: 'appealed', told: true, appealUntil: '2026-01-20' });
    await on('a', 1, { type: 'AppealDismissed', data: { appealId: 'p' } });
    await on('a', 1, { type: 'ResultFinalized', data: { result: points(5900), credits: 0 } });
    expect((await list()).rows[0]!.entry).toMatchObject({ status: 'final', result: { passed: false }, corrected: false });
    await on('a', 1, corrected('5', 5900, 6900));
    const [row] = (await list()).rows;
    expect(row!.entry).toMatchObject({ status: 'final', result: points(6900), corrected: true });
    expect(row).toMatchObject({ revision: 6n });
  });

  it('tells where an imported result comes from and who brought it in', async () => {
    await ledger.say(
      attemptStream('i'),
      [
        {
          type: 'ResultImported',
          data: {
            learnerId: 'l1',
            enrollmentId: 'e1',
            courseId: null,
            courseCode: 'OLD7',
            courseName: { zh: '商品学', en: '商品学' },
            credits: 300,
            nature: 'compulsory',
            category: '专业课',
            kind: 'make-up',
            order: 2,
            academicYear: '2022-2023',
            term: '2022-2023-2',
            result: points(6000),
            components: [{ name: '期末', score: 6000 }],
            voided: false,
            teachingClass: '商贸2201',
            source: { run: 'run1', row: 7, fileDigest: 'digest', rowDigest: 'row' },
          },
        },
      ],
      { by: 'zhao', subjectId: 'l1' },
    );
    expect((await list()).rows[0]!.entry).toMatchObject({
      status: 'imported',
      told: true,
      number: 2,
      said: { code: 'OLD7', category: '专业课', teachingClass: '商贸2201' },
      source: { run: 'run1', row: 7, fileDigest: 'digest', by: 'zhao' },
    });
  });

  it('is the same whether the log is folded at once or event by event, and after a rebuild', async () => {
    await on('a', 1, opened(1), submitted(5900));
    await projection.catchUp();
    await on('a', 1, published(5900), corrected('2', 5900, 6100));
    await on('b', 2, opened(2, { number: 2, kind: 'make-up', follows: 'a' }));
    await projection.catchUp();
    const rebuilding = projection.rebuild('transcript', undefined, { compare: true });
    for (let i = 0; i < 200; i++) await Promise.resolve();
    await projection.catchUp();
    const { digests } = await rebuilding;
    expect(digests?.rebuilt).toBe(digests?.live);
  });
});

describe('the list', () => {
  beforeEach(async () => {
    await on('a', 1, opened(1, { classId: 'c1' }), submitted(8000), published(8000));
    await on('b', 1, opened(1, { courseId: 'python', term: '2025-2026-2' }));
    await on('c', 2, opened(2, { classId: 'c1', contractId: 'k2' }), submitted(5000), published(5000));
    await on('d', 2, opened(2, { courseId: 'english', classId: 'c2' }), submitted(7000), published(7000));
    await on('x', 9, opened(9), { type: 'AttemptVoided', data: { ground: 'misconduct' } });
  });

  it('filters, pages by cursor in both directions and counts all', async () => {
    expect(idsOf(await list({ status: ['open'] }))).toEqual(['b']);
    expect(idsOf(await list({ classId: 'c1' }))).toEqual(['a', 'c']);
    expect(idsOf(await list({ courseId: 'python' }))).toEqual(['b']);
    expect(idsOf(await list({ term: '2025-2026-2' }))).toEqual(['b']);
    expect(idsOf(await list({ learnerId: 'l2' }))).toEqual(['c', 'd']);
    for (const order of ['asc', 'desc'] as const) {
      for (const sort of ['term', 'course', 'status', 'updated'] as const) {
        const whole = idsOf(await list({ sort, order }));
        const pieces: string[] = [];
        let cursor: string | null | undefined;
        do {
          const page = await list({ sort, order, limit: 2, ...(cursor ? { cursor } : {}) });
          pieces.push(...idsOf(page));
          expect(page.total).toBe(5);
          cursor = page.next;
        } while (cursor !== null);
        expect(pieces).toEqual(whole);
      }
    }
  });

  it('shows a learner what is published of her own, and nothing in totals or under a filter', async () => {
    const own: Reach = { to: 'learner', learnerId: 'l1' };
    expect(await list({ reach: own })).toMatchObject({ total: 1, rows: [{ entry: { attemptId: 'a' } }] });
    expect((await list({ reach: own, status: ['open'] })).total).toBe(0);
    expect((await list({ reach: own, learnerId: 'l2' })).total).toBe(0);
    expect((await list({ reach: { to: 'nobody' } })).total).toBe(0);
  });

  it('shows a teacher her classes, whatever is published', async () => {
    await ledger.say('class-c1', [{ type: 'TeacherAssignedToClass', data: { teacherId: 'lin' } }]);
    await on('a2', 3, opened(3, { classId: 'c1' }));
    expect(idsOf(await list({ reach: { to: 'teacher', personId: 'lin' } }))).toEqual(['a', 'a2', 'c']);
    expect((await list({ reach: { to: 'teacher', personId: 'other' } })).total).toBe(0);
  });

  it('finds every attempt of a learner, and none of another institution', async () => {
    await projection.catchUp();
    const found = await stores.read(transcript, (db) => entriesOf(db, 'college', ['l1', 'l2']));
    expect([...found].map(([id, entries]) => [id, entries.length])).toEqual([
      ['l1', 2],
      ['l2', 2],
    ]);
    expect((await stores.read(transcript, (db) => entriesOf(db, 'elsewhere', ['l1']))).size).toBe(0);
  });
});
