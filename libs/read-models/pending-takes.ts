import type { LedgerEvent } from '../events/events.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { occupiesAfter } from './occupies.ts';
import { parsed, rowsAmong } from './rows.ts';

/**
 * Who holds which gate, and which of these are unfinished: what recovery looks at. A row is one (gate, owner, kind); it is `held` while the
 * owner's stream shows that it holds the value, and `open` while it does not: a take whose writer has not come through (yet), or something that
 * ended without its gate being closed (yet). Whoever releases a gate decides from the streams themselves; this only says where to look.
 */

// ── table ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface GateRow {
  readonly owner: string;
  /** Kind of claim, `enrollment`, `closing` or `period`. */
  readonly kind: string;
  readonly gate: string;
  readonly institutionId: string;
  held: boolean;
  /** Recording of the last take, or of the end. */
  since: string;
  readonly takers: readonly string[];
  /** The take: what `takesOf` reads. */
  readonly type: string;
  readonly data: string;
}

const schema = [
  // By owner first: rows of one import lie side by side, while names of claims are scattered.
  `CREATE TABLE gate_$g (
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    gate TEXT NOT NULL,
    institution_id TEXT NOT NULL,
    held INTEGER NOT NULL,
    since TEXT NOT NULL,
    takers TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (owner, kind, gate)
  )`,
  `CREATE INDEX gate_open_$g ON gate_$g (since, owner, kind, gate) WHERE held = 0`,
];

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The rows that a batch touches, by owner. What begins and ends within it never reaches the table, nor what stays as it was. */
class Gates {
  readonly #rows = new Map<string, Map<string, GateRow>>();
  readonly #stored = new Map<GateRow, { readonly held: boolean; readonly since: string }>();

  constructor(stored: readonly GateRow[]) {
    for (const row of stored) {
      this.#stored.set(row, { held: row.held, since: row.since });
      this.put(row);
    }
  }

  put(row: GateRow): void {
    const mine = this.#rows.get(row.owner);
    if (mine) mine.set(`${row.kind} ${row.gate}`, row);
    else this.#rows.set(row.owner, new Map([[`${row.kind} ${row.gate}`, row]]));
  }

  find(owner: string, kind: string, gate: string): GateRow | undefined {
    return this.#rows.get(owner)?.get(`${kind} ${gate}`);
  }

  of(owner: string, kind?: string): GateRow[] {
    const mine = [...(this.#rows.get(owner)?.values() ?? [])];
    return kind === undefined ? mine : mine.filter((row) => row.kind === kind);
  }

  drop(owner: string, kind: string, gate: string): void {
    this.#rows.get(owner)?.delete(`${kind} ${gate}`);
  }

  get changed(): GateRow[] {
    return [...this.#rows.values()].flatMap((mine) =>
      [...mine.values()].filter((row) => {
        const before = this.#stored.get(row);
        return before === undefined || before.held !== row.held || before.since !== row.since;
      }),
    );
  }

  /** Stored rows that are gone. */
  get dropped(): Value[][] {
    return [...this.#stored.keys()]
      .filter(({ owner, kind, gate }) => this.find(owner, kind, gate) === undefined)
      .map(({ owner, kind, gate }) => [owner, kind, gate]);
  }
}

type Event = Recorded<LedgerEvent>;

/** The owner that an event on a gate speaks of; null for events that are about no gate. */
function ownerOnGate(event: Event): string | null {
  switch (event.type) {
    case 'ClaimTaken':
    case 'ClaimReleased':
      return event.data.owner;
    case 'EnrollmentOpened':
    case 'EnrollmentClosing':
    case 'EnrollmentClosingDropped':
    case 'EnrollmentClosed':
      return `enrollment-${event.data.enrollmentId}`;
    case 'PeriodHeld':
    case 'PeriodReleased':
      return event.data.holder;
    default:
      return null;
  }
}

function take(gates: Gates, event: Event, kind: string, commandId: string, standing?: boolean): void {
  const owner = ownerOnGate(event)!;
  const known = gates.find(owner, kind, event.stream);
  gates.put({
    owner,
    kind,
    gate: event.stream,
    institutionId: event.institutionId,
    held: standing ?? known?.held ?? false,
    since: event.recordedAt,
    takers: [...(known?.takers ?? []), commandId],
    type: event.type,
    data: JSON.stringify(event.data),
  });
}

/** What gates themselves say. */
function onGate(gates: Gates, event: Event): void {
  switch (event.type) {
    case 'ClaimTaken':
      return take(gates, event, event.data.kind, event.data.commandId);
    case 'ClaimReleased':
      for (const row of gates.of(event.data.owner)) {
        if (row.gate === event.stream) gates.drop(row.owner, row.kind, row.gate);
      }
      return;
    case 'EnrollmentOpened':
      return take(gates, event, 'enrollment', event.data.commandId);
    case 'EnrollmentClosing':
      return take(gates, event, 'closing', event.data.commandId);
    case 'EnrollmentClosingDropped':
      return gates.drop(`enrollment-${event.data.enrollmentId}`, 'closing', event.stream);
    case 'EnrollmentClosed':
      // A graduation that announced itself stays announced when the gate closes for something else: a completion, say.
      if (['graduated', 'abandoned', 'annulled'].includes(event.data.status))
        gates.drop(`enrollment-${event.data.enrollmentId}`, 'closing', event.stream);
      return gates.drop(`enrollment-${event.data.enrollmentId}`, 'enrollment', event.stream);
    case 'PeriodHeld':
      // Days that a release leaves standing are held in the name of the first taker; other days that are taken are open until their taker acts.
      return take(gates, event, 'period', event.data.commandId, event.commandId !== event.data.commandId);
    case 'PeriodReleased':
      return gates.drop(event.data.holder, 'period', event.stream);
    default:
  }
}

/** Whether it says a student number: then an earlier one is no longer held. */
const numbers = (event: Event): boolean =>
  event.type === 'StudentRegistered' ||
  event.type === 'StudentTransferredIn' ||
  (event.type === 'EnrollmentImported' && event.data.studentNumber !== null) ||
  (event.type === 'EnrollmentCorrected' && event.data.field === 'studentNumber');

const annulsRegistration = (event: Event): boolean =>
  event.type === 'StatusChangeAnnulled' && event.data.annulled === 'StudentRegistered';

/** An enrollment owns a number and a place on its learner's gate, and few of its events speak of them; of other streams any may confirm a take. */
const speaksOfTakes = (event: Event): boolean =>
  !event.stream.startsWith('enrollment-') ||
  occupiesAfter(event) !== null ||
  numbers(event) ||
  event.type === 'AdmissionAnnulled' ||
  annulsRegistration(event);

/** The id claim that the learner holds after this event; undefined where the event does not say. */
function idClaimAfter(event: Event): string | null | undefined {
  switch (event.type) {
    case 'LearnerIdentified':
    case 'IdentityCorrected':
      return event.data.idClaim;
    case 'LearnerAnnulled':
      return null;
    case 'PersonalDataErased':
      return event.data.purposes.includes('identity') ? null : undefined;
    default:
      return undefined;
  }
}

/** Whether days of its owner are to be let go after this: all of them, or those that were taken in case. */
function endsPeriod(event: Event, row: GateRow): boolean {
  switch (event.type) {
    case 'ApplicationRejected':
    case 'ApplicationWithdrawn':
    case 'ContractCancelled':
    case 'ContractTerminated':
    case 'ContractCompleted':
      return true;
    case 'ContractTermsRevised':
    case 'AmendmentApproved':
      return row.takers.includes(event.commandId);
    default:
      return false;
  }
}

function become(row: GateRow, held: boolean, event: Event): void {
  if (row.held && !held) row.since = event.recordedAt;
  row.held = held;
}

/** What owners say of themselves, which decides whether they hold what they took. */
function onOwner(gates: Gates, event: Event): void {
  const mine = gates.of(event.stream);
  if (mine.length === 0) return;
  const idClaim = idClaimAfter(event);
  const active = occupiesAfter(event);
  const numbered = numbers(event);
  for (const row of mine) {
    switch (row.kind) {
      case 'id-number':
        if (idClaim !== undefined) become(row, row.gate === idClaim, event);
        break;
      case 'enrollment':
        if (active !== null) become(row, active, event);
        break;
      case 'student-number':
        if (numbered) become(row, row.takers.includes(event.commandId), event);
        // Nothing that followed the admission took effect, numbers included.
        else if (event.type === 'AdmissionAnnulled' || annulsRegistration(event)) become(row, false, event);
        break;
      case 'teacher-account':
        // The account linked last is the one she holds.
        if (event.type === 'TeacherAccountLinked') become(row, row.takers.includes(event.commandId), event);
        break;
      case 'period':
        if (endsPeriod(event, row)) become(row, false, event);
        else if (row.takers.includes(event.commandId)) become(row, true, event);
        break;
      case 'closing':
        // Graduated or not, the gate has a word to say yet: closed, or dropped.
        break;
      default:
        if (row.takers.includes(event.commandId)) become(row, true, event);
    }
  }
}

export const pendingTakes: View<LedgerEvent> = {
  name: 'pending-takes',
  version: 1,
  store: 'views',
  tables: ['gate'],
  schema,

  async fold(db, events) {
    const own = events.filter((event) => event.type !== 'CommandAbandoned' && speaksOfTakes(event));
    const owners = new Set<string>();
    for (const event of own) {
      owners.add(ownerOnGate(event) ?? event.stream);
      // A learner's stream is a gate and an owner at once.
      if (event.stream.startsWith('learner-')) owners.add(event.stream);
    }
    const stored = await rowsAmong<Omit<GateRow, 'held' | 'takers'> & { held: number; takers: string }>(
      db,
      `SELECT owner, kind, gate, institution_id AS "institutionId", held, since, takers, type, data FROM gate_$g WHERE owner IN (?…)`,
      owners,
    );
    const gates = new Gates(stored.map((row) => ({ ...row, held: row.held === 1, takers: parsed<string[]>(row.takers) })));
    for (const event of own) {
      onGate(gates, event);
      onOwner(gates, event);
    }
    await db.runMany('DELETE FROM gate_$g WHERE owner = ? AND kind = ? AND gate = ?', gates.dropped);
    await db.runMany(
      `INSERT INTO gate_$g (owner, kind, gate, institution_id, held, since, takers, type, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (owner, kind, gate) DO UPDATE SET
         held = excluded.held, since = excluded.since, takers = excluded.takers, type = excluded.type, data = excluded.data`,
      gates.changed.map((row) => [
        row.owner,
        row.kind,
        row.gate,
        row.institutionId,
        Number(row.held),
        row.since,
        JSON.stringify(row.takers),
        row.type,
        row.data,
      ]),
    );
  },
};

// ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface PendingTake {
  readonly gate: string;
  readonly owner: string;
  readonly kind: string;
  readonly institutionId: string;
  readonly since: string;
  /** The take, as `takesOf` wants it. */
  readonly event: { readonly type: string; readonly stream: string; readonly data: object };
}

/** Open since before an instant, oldest first; `after` is the last row of the page before. */
export async function takesPending(
  db: ReadQueries,
  before: string,
  options: { readonly after?: PendingTake; readonly limit?: number } = {},
): Promise<readonly PendingTake[]> {
  const { after, limit = 200 } = options;
  const place = after ? [after.since, after.owner, after.kind, after.gate] : ['', '', '', ''];
  const rows = await db.all<Omit<PendingTake, 'event'> & { type: string; data: string }>(
    `SELECT gate, owner, kind, institution_id AS "institutionId", since, type, data FROM gate_$g
     WHERE held = 0 AND since < ? AND (since, owner, kind, gate) > (?, ?, ?, ?)
     ORDER BY since, owner, kind, gate LIMIT ?`,
    [before, ...place, limit],
  );
  return rows.map(({ type, data, ...row }) => ({ ...row, event: { type, stream: row.gate, data: parsed<object>(data) } }));
}

/** How many are open, whatever their age. */
export async function countPending(db: ReadQueries): Promise<number> {
  const counted = await db.get<{ n: number }>('SELECT CAST(count(*) AS INTEGER) AS n FROM gate_$g WHERE held = 0');
  return counted?.n ?? 0;
}
