import type { AssessmentPolicy } from '../../../libs/events/catalog/curriculum.ts';
import type { CourseFact, SchemeFact } from '../../../libs/facts/curriculum.ts';
import { isRefusal } from '../../../libs/kernel/refusal.ts';
import { instant } from '../../../libs/kernel/time.ts';
import type { ReadQueries } from '../../../libs/ports/read-store.ts';
import { listTasks, type Task } from '../../../libs/read-models/tasks.ts';
import { transcriptOf, type Entry } from '../../../libs/read-models/transcript-record.ts';
import { average, isDivergent, type ResultTerms } from '../books/arithmetic.ts';
import { dayOf, type AttemptBook } from '../books/attempts.ts';
import type { Books } from '../books/books.ts';
import { Violation, idOf } from '../books/log.ts';
import { isOpenContract, serves } from '../books/training-tables.ts';
import { college } from './cast.ts';

/** What the views answer when all work has ended, held against the checkers' own reading of the log. */
export async function checkReading(db: ReadQueries, books: Books, now: number): Promise<void> {
  await transcripts(db, books);
  await records(db, books);
  const today = dayOf(instant(now));
  for (const [kind, due] of tasksDue(books, today)) {
    const answer = await listTasks(db, { institutionId: college, today, kinds: [kind], limit: 100 });
    if (isRefusal(answer)) throw new Violation('reading', `tasks are refused: ${answer.refused}`);
    same(
      `tasks of ${kind}`,
      answer.rows.map(({ key }) => key),
      due,
    );
  }
}

function same(what: string, seen: readonly string[], known: readonly string[]): void {
  const [a, b] = [seen, known].map((list) => list.toSorted().join(', '));
  if (a !== b) throw new Violation('reading', `${what}: the view says ${a || 'nothing'} where the log says ${b || 'nothing'}`);
}

// ── transcript ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const told = ['published', 'final', 'imported'];
const statusOf = ({ status, appeal }: AttemptBook): string =>
  status.now === 'published' && appeal?.outcome === 'open' ? 'appealed' : status.now;
const shown = (result: ResultTerms | null): string =>
  result === null ? '-' : [result.score, result.grade, result.code, result.passed, result.capped].join('/');

async function transcripts(db: ReadQueries, books: Books): Promise<void> {
  const rows = await db.all<{ entry: string }>('SELECT entry FROM transcript_attempt_$g');
  const entries = rows.map(({ entry }) => JSON.parse(entry) as Entry);
  same(
    'attempts',
    entries.map((entry) => `${entry.attemptId} ${entry.status} ${shown(entry.result)}`),
    books.attempts.all().map((attempt) => `${attempt.id} ${statusOf(attempt)} ${shown(attempt.result.now)}`),
  );
  const versions = (category: string): ReadonlyMap<string, readonly object[]> =>
    new Map(
      [...books.streams]
        .filter(([stream]) => stream.startsWith(`${category}-`))
        .map(([stream, events]) => [idOf(stream), events.map(({ data }) => data)]),
    );
  const policy = books.streams.get(`policy-${college}`)!.findLast(({ type }) => type === 'AssessmentPolicyAdopted')!
    .data as unknown as AssessmentPolicy;
  const pinned = {
    courses: versions('course') as ReadonlyMap<string, CourseFact>,
    schemes: versions('scheme') as ReadonlyMap<string, SchemeFact>,
    plan: null,
    policy,
  };
  for (const [learnerId, hers] of Map.groupBy(entries, (entry) => entry.learnerId)) {
    const { credits, average: weighed } = transcriptOf(hers, pinned);
    const mine = figures(books, learnerId, policy);
    same(`credits and average of ${learnerId}`, [`${credits.earned} ${weighed.score}`], [`${mine.earned} ${mine.average}`]);
  }
}

/** A course that was passed earns its credits once, however often it was; the best attempt weighs in, what was failed included. */
function figures(books: Books, learnerId: string, policy: AssessmentPolicy): { earned: number; average: number | null } {
  const courses = Map.groupBy(
    books.attempts.all().filter(({ terms, status }) => terms.learnerId === learnerId && told.includes(status.now)),
    ({ terms }) => terms.courseCode ?? (books.streams.get(`course-${terms.courseId}`)![0]!.data['code'] as string),
  );
  const weigh = (result: ResultTerms | null): number[] => {
    if (result?.code === 'absent' || result?.code === 'cheating') return [0];
    if (result?.score !== null && result?.score !== undefined) return [result.score];
    return result?.grade ? [policy.average.gradeScores[result.grade as 'pass']] : [];
  };
  let earned = 0;
  const weighed: { score: number; weight: number }[] = [];
  for (const attempts of courses.values()) {
    const { credits } = attempts[0]!.terms;
    if (attempts.some(({ result }) => result.now?.passed)) earned += credits;
    const scores = attempts.flatMap(({ result }) => weigh(result.now));
    if (scores.length > 0) weighed.push({ score: Math.max(...scores), weight: credits });
  }
  return { earned, average: average(weighed, policy.average.rounding) };
}

// ── apprentice record ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function records(db: ReadQueries, books: Books): Promise<void> {
  const contracts = await db.all<{ line: string }>(
    `SELECT contract_id || ' ' || status || ' ' || starts_on || ' ' || ends_on AS line FROM apprentice_contract_$g`,
  );
  same(
    'contracts',
    contracts.map(({ line }) => line),
    books.contracts.all().map(({ id, status, terms }) => `${id} ${status.now} ${terms.from} ${terms.to}`),
  );
  const mentors = await db.all<{ line: string }>(
    `SELECT contract_id || ' ' || side || ' ' || teacher_id AS line FROM apprentice_mentor_$g WHERE until IS NULL`,
  );
  same(
    'mentors',
    mentors.map(({ line }) => line),
    books.contracts
      .all()
      .flatMap(({ id, mentors: { now } }) => Object.entries(now).map(([side, teacher]) => `${id} ${side} ${teacher}`)),
  );
  const selections = await db.all<{ line: string }>(`SELECT selection_id || ' ' || status AS line FROM apprentice_selection_$g`);
  same(
    'selections',
    selections.map(({ line }) => line),
    books.selections.all().map(({ id, status }) => `${id} ${status.now}`),
  );
}

// ── tasks ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function tasksDue(books: Books, today: string): readonly (readonly [Task['kind'], readonly string[]])[] {
  const contracts = books.contracts.all();
  const attempts = books.attempts.all();
  const placements = [...books.selections.placements.values()];
  const enrolled = (enrollmentId: string): string => books.enrollments.get(enrollmentId)!.status.now;
  const gap = (teacherId: string | undefined): boolean =>
    teacherId === undefined || !serves(books.faculty.get(teacherId)?.status.now ?? 'none');
  return [
    [
      'mentor-missing',
      contracts
        .filter(({ status }) => ['live', 'suspended'].includes(status.now))
        .flatMap(({ id, mentors: { now } }) =>
          ['school', 'enterprise'].filter((side) => gap(now[side])).map((side) => `${id}/${side}`),
        )
        // Before the start it is due by then.
        .concat(
          contracts
            .filter(({ status, terms }) => status.now === 'concluded' && terms.from <= later(today, 30))
            .flatMap(({ id, mentors: { now } }) =>
              ['school', 'enterprise'].filter((side) => gap(now[side])).map((side) => `${id}/${side}`),
            ),
        ),
    ],
    [
      'contract-status-lost',
      contracts
        .filter((one) => isOpenContract(one.status.now) && !['registered', 'suspended'].includes(enrolled(one.enrollmentId)))
        .map(({ id }) => id),
    ],
    [
      'contract-status-suspended',
      contracts.filter((one) => one.status.now === 'live' && enrolled(one.enrollmentId) === 'suspended').map(({ id }) => id),
    ],
    [
      'handover',
      placements.flatMap((after) =>
        placements
          .filter(({ id }) => id === after.follows)
          .filter(
            (before) => before.handedTo !== after.id || !before.acknowledged.has(after.id) || !after.acknowledged.has(before.id),
          )
          .map((before) => `${before.id}/${after.id}`),
      ),
    ],
    [
      'third-marker',
      attempts
        .filter(({ status, scheme, scores }) => {
          if (status.now !== 'open' || !scheme) return false;
          const parts = Map.groupBy(scores, ({ component, part }) => `${component}/${part}`);
          return [...parts.values()].some((said) => isDivergent(scheme, said) && !said.some(({ third }) => third));
        })
        .map(({ id }) => id),
    ],
    ['appeal', attempts.filter((attempt) => statusOf(attempt) === 'appealed').map(({ id }) => id)],
    [
      'result-to-finalize',
      attempts.filter((attempt) => statusOf(attempt) === 'published' && attempt.appealUntil < today).map(({ id }) => id),
    ],
  ];
}

const later = (day: string, days: number): string => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
