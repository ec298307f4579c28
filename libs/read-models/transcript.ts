import type { AttemptEvent } from '../events/catalog/assessment.ts';
import { effectOf, type LedgerEvent } from '../events/events.ts';
import { foldAttempt, numberOf, type Attempt } from '../facts/attempt.ts';
import { applyCorrections, marked, markOf, type Historic, type HistoryMark } from '../kernel/as-of.ts';
import type { Recorded } from '../kernel/decider.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { roundedRatio } from '../kernel/score.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { apprenticeRecord } from './apprentice-record.ts';
import { enrollmentRegister } from './enrollment-register.ts';
import { Conditions, cursorAfter, pageLimit, placeOf, type PageOf, type Paging } from './paging.ts';
import { reachAttempts, type Reach } from './reach.ts';
import { reference } from './reference.ts';
import { parsed, rowsAmong } from './rows.ts';
import type { Entry, EntryStatus, Mark } from './transcript-record.ts';

/**
 * Attempts and their results (成绩): one row per attempt, always what the decisions' own fold says of its stream, corrections included.
 * A transcript is computed from these rows and from what they pin (transcript-record.ts); nothing here is personal.
 */

// ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const columns = {
  attempt_id: 'TEXT NOT NULL PRIMARY KEY',
  institution_id: 'TEXT NOT NULL',
  learner_id: 'TEXT NOT NULL',
  enrollment_id: 'TEXT NOT NULL',
  course_id: 'TEXT',
  class_id: 'TEXT',
  contract_id: 'TEXT',
  academic_year: 'TEXT NOT NULL',
  term: 'TEXT NOT NULL',
  kind: 'TEXT NOT NULL',
  number: 'INTEGER NOT NULL',
  status: 'TEXT NOT NULL',
  status_since: 'TEXT NOT NULL',
  /** 1 once the learner may see it. */
  told: 'INTEGER NOT NULL',
  appeal_until: 'TEXT',
  appealed_at: 'TEXT',
  scheme_id: 'TEXT',
  scheme_version: 'INTEGER',
  /** By how much the sides differ where they differ most and no third marker spoke. */
  apart: 'INTEGER',
  entry: 'TEXT NOT NULL',
  revision: 'BIGINT NOT NULL',
  updated_at: 'TEXT NOT NULL',
  position: 'BIGINT NOT NULL',
} as const;
const names = Object.keys(columns);

const upsertRow = `INSERT INTO transcript_attempt_$g (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
  ON CONFLICT (attempt_id) DO UPDATE SET ${names
    .slice(1)
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}`;

/** What an attempt's stream said so far, without approvals: a correction changes what an earlier event said, so it is folded again. */
type Said = [type: string, revision: string, effectiveAt: string, data: unknown, by: string, mark?: HistoryMark];

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An attempt as transcripts tell it; null where its stream says nothing. `history` as it was recorded, corrections not yet applied. */
export function entryOf(attemptId: string, history: readonly Historic<AttemptEvent>[]): Entry | null {
  return entryFrom(attemptId, history, attemptFrom(history));
}

const attemptFrom = (history: readonly Historic<AttemptEvent>[]): Attempt => foldAttempt(applyCorrections(history, effectOf));

function entryFrom(attemptId: string, history: readonly Historic<AttemptEvent>[], attempt: Attempt): Entry | null {
  const { opened, imported, status } = attempt;
  const terms = opened ?? imported;
  if (terms === null || status === 'none') return null;
  const importing = history.find(({ type }) => type === 'ResultImported');
  return {
    attemptId,
    learnerId: terms.learnerId,
    enrollmentId: terms.enrollmentId,
    courseId: terms.courseId,
    courseVersion: opened?.courseVersion ?? null,
    said: imported && {
      code: imported.courseCode,
      name: imported.courseName,
      nature: imported.nature,
      category: imported.category,
      teachingClass: imported.teachingClass,
    },
    credits: terms.credits,
    kind: terms.kind,
    number: imported?.order ?? numberOf(attempt),
    follows: opened?.follows ?? null,
    schemeId: opened?.schemeId ?? null,
    schemeVersion: opened?.schemeVersion ?? null,
    academicYear: terms.academicYear,
    term: terms.term,
    classId: opened?.classId ?? null,
    contractId: opened?.contractId ?? null,
    status: status === 'published' && attempt.appeal?.outcome === 'open' ? 'appealed' : status,
    result: attempt.result,
    components: attempt.components,
    importedComponents: imported?.components ?? [],
    marks: attempt.scores.map(({ component, part, score, side, third }) => ({ component, part, score, side, third })),
    corrected: history.some(({ type }) => type === 'GradeCorrected'),
    told: attempt.publishedAt !== null,
    voided: attempt.voided,
    appealUntil: attempt.appealUntil,
    source: imported && {
      run: imported.source.run,
      row: imported.source.row,
      fileDigest: imported.source.fileDigest,
      by: importing?.actor.personId ?? '',
    },
  };
}

/**
 * By how much the averages of school and enterprise differ where they differ most, to the next whole hundredth: more than a whole bound exactly where
 * they differ by more than it. Null where both have not spoken, or a third marker has.
 */
function apartOf(marks: readonly Mark[]): number | null {
  const apart = [...Map.groupBy(marks, ({ component, part }) => `${component}/${part}`).values()].flatMap((of) => {
    const scored = (side: Mark['side']): number[] => of.filter((mark) => mark.side === side).map(({ score }) => score);
    const [school, enterprise] = [scored('school'), scored('enterprise')];
    if (of.some(({ third }) => third) || school.length === 0 || enterprise.length === 0) return [];
    const sum = (scores: readonly number[]): number => scores.reduce((total, score) => total + score, 0);
    const both = school.length * enterprise.length;
    const difference = Math.abs(sum(school) * enterprise.length - sum(enterprise) * school.length);
    return [roundedRatio(BigInt(difference + both - 1), BigInt(both), { mode: 'down', unit: 1 })];
  });
  return apart.length === 0 ? null : Math.max(...apart);
}

interface Story {
  readonly said: Said[];
  last: Recorded<LedgerEvent>;
  /** Recording of the last word about the attempt itself. */
  updatedAt: string;
}

function rowOf(attemptId: string, { said, last, updatedAt }: Story): Value[] | null {
  const history = said.map(
    ([type, revision, effectiveAt, data, by, mark]) =>
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fold asks for no more of an event than this
      ({
        type,
        stream: last.stream,
        revision: BigInt(revision),
        effectiveAt,
        data,
        actor: { personId: by },
        ...marked(mark),
      }) as unknown as Historic<AttemptEvent>,
  );
  const attempt = attemptFrom(history);
  const entry = entryFrom(attemptId, history, attempt);
  if (entry === null) return null;
  const row: Record<keyof typeof columns, Value> = {
    attempt_id: attemptId,
    institution_id: last.institutionId,
    learner_id: entry.learnerId,
    enrollment_id: entry.enrollmentId,
    course_id: entry.courseId,
    class_id: entry.classId,
    contract_id: entry.contractId,
    academic_year: entry.academicYear,
    term: entry.term,
    kind: entry.kind,
    number: entry.number,
    status: entry.status,
    status_since: attempt.statusSince,
    told: Number(entry.told),
    appeal_until: entry.appealUntil,
    appealed_at: entry.status === 'appealed' ? (attempt.appeal?.filedAt ?? null) : null,
    scheme_id: entry.schemeId,
    scheme_version: entry.schemeVersion,
    apart: entry.status === 'open' ? apartOf(entry.marks) : null,
    entry: JSON.stringify(entry),
    revision: last.revision,
    updated_at: updatedAt,
    position: last.position,
  };
  return Object.values(row);
}

export const transcript: View<LedgerEvent> = {
  name: 'transcript',
  version: 1,
  store: 'views',
  byStream: true,
  prefixes: ['attempt-', 'scheme-'],
  tables: ['transcript_attempt', 'transcript_history', 'transcript_divergence'],
  schema: [
    `CREATE TABLE transcript_attempt_$g (${Object.entries(columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')})`,
    `CREATE INDEX transcript_by_learner_$g ON transcript_attempt_$g (learner_id)`,
    `CREATE INDEX transcript_by_class_$g ON transcript_attempt_$g (class_id) WHERE class_id IS NOT NULL`,
    `CREATE INDEX transcript_by_contract_$g ON transcript_attempt_$g (contract_id) WHERE contract_id IS NOT NULL`,
    `CREATE INDEX transcript_by_course_$g ON transcript_attempt_$g (institution_id, course_id, attempt_id)`,
    `CREATE INDEX transcript_by_term_$g ON transcript_attempt_$g (institution_id, term, attempt_id)`,
    `CREATE INDEX transcript_by_status_$g ON transcript_attempt_$g (institution_id, status, attempt_id)`,
    // Few attempts are being scored by both sides at any time.
    `CREATE INDEX transcript_by_apart_$g ON transcript_attempt_$g (institution_id, apart) WHERE apart IS NOT NULL`,
    `CREATE TABLE transcript_history_$g (attempt_id TEXT NOT NULL PRIMARY KEY, said TEXT NOT NULL)`,
    // From which difference on a third marker is needed.
    `CREATE TABLE transcript_divergence_$g (
      scheme_id TEXT NOT NULL,
      version INTEGER NOT NULL,
      divergence INTEGER NOT NULL,
      PRIMARY KEY (scheme_id, version)
    )`,
  ],

  async fold(db, events) {
    const stories = new Map<string, Recorded<LedgerEvent>[]>();
    const divergences: Value[][] = [];
    for (const event of events) {
      if (event.type === 'EvaluationSchemeAdopted') {
        const { version, dualAssessors } = event.data;
        if (dualAssessors) divergences.push([event.stream.slice('scheme-'.length), version, dualAssessors.divergence]);
      } else if (event.stream.startsWith('attempt-')) {
        const id = event.stream.slice('attempt-'.length);
        const story = stories.get(id);
        if (story) story.push(event);
        else stories.set(id, [event]);
      }
    }

    const known = await storiesBefore(db, stories);
    const rows: Value[][] = [];
    const histories: Value[][] = [];
    for (const [id, told] of stories) {
      const before = known.get(id);
      const story: Story = { said: before?.said ?? [], last: told[0]!, updatedAt: before?.updatedAt ?? '' };
      for (const event of told) {
        if (before && event.revision <= before.revision) continue;
        // As of a moment of the past they come in order of effect.
        if (event.revision > story.last.revision) story.last = event;
        if (effectOf(event.type) === 'machinery') continue;
        const { type, revision, effectiveAt, data, actor } = event;
        story.said.push([type, revision.toString(), effectiveAt, data, actor.personId, ...markOf(event)]);
        if (event.recordedAt > story.updatedAt) story.updatedAt = event.recordedAt;
      }
      const row = rowOf(id, story);
      if (row === null) continue;
      rows.push(row);
      histories.push([id, JSON.stringify(story.said)]);
    }
    await db.runMany(upsertRow, rows);
    await db.runMany(
      `INSERT INTO transcript_history_$g (attempt_id, said) VALUES (?, ?)
       ON CONFLICT (attempt_id) DO UPDATE SET said = excluded.said`,
      histories,
    );
    await db.runMany(
      `INSERT INTO transcript_divergence_$g (scheme_id, version, divergence) VALUES (?, ?, ?)
       ON CONFLICT (scheme_id, version) DO UPDATE SET divergence = excluded.divergence`,
      divergences,
    );
  },
};

/** Of attempts that began in an earlier batch: one that begins in this one has no rows yet. */
async function storiesBefore(
  db: ReadQueries,
  stories: ReadonlyMap<string, readonly Recorded<LedgerEvent>[]>,
): Promise<Map<string, { said: Said[]; revision: bigint; updatedAt: string }>> {
  const older = [...stories].filter(([, told]) => told[0]!.revision > 0n).map(([id]) => id);
  const rows = await rowsAmong<{ attemptId: string; said: string; revision: bigint; updatedAt: string }>(
    db,
    `SELECT h.attempt_id AS "attemptId", h.said, r.revision, r.updated_at AS "updatedAt"
     FROM transcript_history_$g h JOIN transcript_attempt_$g r ON r.attempt_id = h.attempt_id
     WHERE h.attempt_id IN (?…)`,
    older,
  );
  return new Map(
    rows.map(({ attemptId, said, revision, updatedAt }) => [attemptId, { said: parsed<Said[]>(said), revision, updatedAt }]),
  );
}

// ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Lists of attempts are read from these: whose they are is said by contracts and classes, and names stand in the register. */
export const attemptViews: readonly View[] = [transcript, apprenticeRecord, reference, enrollmentRegister];

export type AttemptSort = 'term' | 'course' | 'status' | 'updated';

export interface AttemptQuery extends Paging {
  readonly institutionId: string;
  readonly reach: Reach;
  readonly learnerId?: string;
  readonly enrollmentId?: string;
  readonly classId?: string;
  readonly contractId?: string;
  readonly courseId?: string;
  readonly academicYear?: string;
  readonly term?: string;
  readonly status?: readonly EntryStatus[];
  /** By term where absent. */
  readonly sort?: AttemptSort;
  readonly order?: 'asc' | 'desc';
}

export interface AttemptRow {
  readonly entry: Entry;
  /** Sealed; `identityOf` opens it. Null where the learner is not known here. */
  readonly identity: string | null;
  readonly statusSince: string;
  readonly updatedAt: string;
  readonly revision: bigint;
}

type Found = Omit<AttemptRow, 'entry'> & { readonly entry: string };

const sortColumns: Readonly<Record<AttemptSort, string>> = {
  term: `a.academic_year || ' ' || a.term`,
  course: `COALESCE(a.course_id, '')`,
  status: 'a.status',
  updated: 'a.updated_at',
};

const selected = `a.entry, l.identity, a.status_since AS "statusSince", a.updated_at AS "updatedAt", a.revision`;

/** A page of attempts. Read it with `attemptViews`. Refuses a cursor of another query. */
export async function listAttempts(db: ReadQueries, query: AttemptQuery): Promise<PageOf<AttemptRow> | Refusal> {
  const place = placeOf(query, 2);
  if (isRefusal(place)) return place;
  const matching = reachAttempts(new Conditions().equal('a.institution_id', query.institutionId), query.reach)
    .equal('a.learner_id', query.learnerId)
    .equal('a.enrollment_id', query.enrollmentId)
    .equal('a.class_id', query.classId)
    .equal('a.contract_id', query.contractId)
    .equal('a.course_id', query.courseId)
    .equal('a.academic_year', query.academicYear)
    .equal('a.term', query.term)
    .among('a.status', query.status);
  const total = await db.get<{ n: number }>(
    `SELECT CAST(count(*) AS INTEGER) AS n FROM transcript_attempt_$g a ${matching.where}`,
    matching.values,
  );
  const by = sortColumns[query.sort ?? 'term'];
  const [after, order] = query.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
  if (place) matching.add(`(${by}, a.attempt_id) ${after} (?, ?)`, ...place);
  const limit = pageLimit(query);
  const found = await db.all<Found & { place: string; attemptId: string }>(
    `SELECT ${selected}, ${by} AS place, a.attempt_id AS "attemptId"
     FROM transcript_attempt_$g a LEFT JOIN register_learner_$g l ON l.learner_id = a.learner_id ${matching.where}
     ORDER BY ${by} ${order}, a.attempt_id ${order} LIMIT ?`,
    [...matching.values, limit + 1],
  );
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(({ place: _place, attemptId: _id, entry, ...row }) => ({ ...row, entry: parsed<Entry>(entry) })),
    next: found.length > limit && last ? cursorAfter(query, [last.place, last.attemptId]) : null,
    total: total?.n ?? 0,
  };
}

/** Every attempt of some learners, as believed now. */
export async function entriesOf(
  db: ReadQueries,
  institutionId: string,
  learnerIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const rows = await rowsAmong<{ entry: string; institutionId: string }>(
    db,
    `SELECT entry, institution_id AS "institutionId" FROM transcript_attempt_$g WHERE learner_id IN (?…)`,
    learnerIds,
  );
  const own = rows.filter((row) => row.institutionId === institutionId).map(({ entry }) => parsed<Entry>(entry));
  return Map.groupBy(own, ({ learnerId }) => learnerId);
}
