import type { LedgerEvent } from '../events/events.ts';
import type { Recorded } from '../kernel/decider.ts';
import { isOpen, type Contact, type Identity, type Personal } from '../kernel/personal.ts';
import type { Purpose } from '../kernel/purposes.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { occupiesAfter } from './occupies.ts';
import { Conditions, cursorAfter, pageLimit, placeOf, type PageOf, type Paging } from './paging.ts';
import { parsed, rowsAmong } from './rows.ts';

/**
 * Who is who, in the clear: the one view that opens personal data, in a file of its own, so that people are found by name or number.
 * An erasure takes its purpose out of every row and off the disk; a rebuild finds the keys gone and fills nothing in.
 */

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Guardian {
  readonly name: string;
  readonly relation: string;
  readonly phone?: string;
}

/** Null where it is not known, or erased. */
interface Person {
  readonly learnerId: string;
  institutionId: string;
  identity: Identity | null;
  contact: Contact | null;
  guardians: Record<string, Guardian>;
  /** By enrollment id. */
  enrollments: Record<string, { studentNumber: string | null; current: boolean }>;
  erased: Purpose[];
}

/** What is left of a name for searching: width and case do not matter, nor spaces and the dots of transcribed names. */
export const foldName = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s·•・.]/gu, '');

const pieceLength = 32;

/** Every ending of a name: whatever part somebody types begins one of them. */
function* endings(name: string): Iterable<string> {
  const letters = Array.from(foldName(name));
  const seen = new Set<string>();
  for (let from = 0; from < letters.length; from++) {
    const piece = letters.slice(from, from + pieceLength).join('');
    if (!seen.has(piece)) yield piece;
    seen.add(piece);
  }
}

export const numberKinds = ['id-number', 'candidate-number', 'student-number', 'phone'] as const;
export type NumberKind = (typeof numberKinds)[number];

const foldNumber = (text: string): string => text.normalize('NFKC').toUpperCase().replaceAll(/[\s-]/gu, '');

function* numbersOf({ identity, contact, guardians, enrollments }: Person): Iterable<[NumberKind, string]> {
  if (identity?.idNumber) yield ['id-number', identity.idNumber];
  if (identity?.candidateNumber) yield ['candidate-number', identity.candidateNumber];
  for (const { studentNumber } of Object.values(enrollments)) if (studentNumber !== null) yield ['student-number', studentNumber];
  for (const phone of [contact?.phone, contact?.guardianPhone, ...Object.values(guardians).map((g) => g.phone)]) {
    if (phone) yield ['phone', phone];
  }
}

const opened = <T extends object>(value: Personal<T> | null): T | null => (isOpen(value) ? value : null);

/** What an event says of a person. False where she was annulled: then nothing is left to say. */
function tell(person: Person, event: Recorded<LedgerEvent>): boolean {
  switch (event.type) {
    case 'LearnerIdentified':
      person.identity = opened(event.data.identity);
      person.contact = opened(event.data.contact);
      return true;
    case 'IdentityCorrected':
      person.identity = opened(event.data.change)?.new ?? null;
      return true;
    case 'ContactChanged':
      person.contact = opened(event.data.contact);
      return true;
    case 'GuardianLinked': {
      const guardian = opened(event.data.guardian);
      if (guardian) person.guardians[event.data.guardianId] = guardian;
      return true;
    }
    case 'GuardianUnlinked':
      delete person.guardians[event.data.guardianId];
      return true;
    case 'PersonalDataErased': {
      const { purposes } = event.data;
      person.erased = [...new Set([...person.erased, ...purposes])].toSorted();
      if (purposes.includes('identity')) person.identity = null;
      if (purposes.includes('contact')) {
        person.contact = null;
        person.guardians = {};
      }
      return true;
    }
    case 'LearnerAnnulled':
      return false;
    default:
      tellOfEnrollment(person, event);
      return true;
  }
}

function tellOfEnrollment({ enrollments }: Person, event: Recorded<LedgerEvent>): void {
  const enrollmentId = event.stream.slice('enrollment-'.length);
  if (event.type === 'AdmissionAnnulled') {
    delete enrollments[enrollmentId];
    return;
  }
  const enrollment = (enrollments[enrollmentId] ??= { studentNumber: null, current: false });
  enrollment.current = occupiesAfter(event) ?? enrollment.current;
  if (event.type === 'StudentRegistered' || event.type === 'EnrollmentImported' || event.type === 'StudentTransferredIn') {
    enrollment.studentNumber = event.data.studentNumber;
  } else if (event.type === 'StatusChangeAnnulled' && event.data.annulled === 'StudentRegistered') {
    enrollment.studentNumber = null;
  } else if (event.type === 'EnrollmentCorrected' && event.data.field === 'studentNumber') {
    enrollment.studentNumber = typeof event.data.new === 'string' ? event.data.new : null;
  }
}

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

const learnerOf = ({ stream, subjectId }: Recorded<LedgerEvent>): string | null =>
  stream.startsWith('learner-') ? stream.slice('learner-'.length) : subjectId;

export const directory: View<LedgerEvent> = {
  name: 'directory',
  version: 1,
  store: 'directory',
  opened: true,
  types: [
    'LearnerIdentified',
    'IdentityCorrected',
    'ContactChanged',
    'GuardianLinked',
    'GuardianUnlinked',
    'PersonalDataErased',
    'LearnerAnnulled',
    'LearnerAdmitted',
    'EnrollmentImported',
    'StudentTransferredIn',
    'StudentRegistered',
    'EnrollmentCorrected',
    'WithdrawalReverted',
    'PlaceDeclined',
    'AdmissionAnnulled',
    'StatusChangeAnnulled',
    'RegistrationRevoked',
    'StudentTransferredOut',
    'StudentWithdrawn',
    'StudentExpelled',
    'StudentDeceased',
    'StudentGraduated',
    'StudyLeftIncomplete',
    'StudyCompleted',
  ],
  tables: ['directory_person', 'directory_piece', 'directory_number'],
  schema: [
    `CREATE TABLE directory_person_$g (
      learner_id TEXT NOT NULL PRIMARY KEY,
      institution_id TEXT NOT NULL,
      name_folded TEXT NOT NULL,
      identity TEXT,
      contact TEXT,
      guardians TEXT NOT NULL,
      enrollments TEXT NOT NULL,
      erased TEXT NOT NULL
    )`,
    `CREATE TABLE directory_piece_$g (piece TEXT NOT NULL, learner_id TEXT NOT NULL, PRIMARY KEY (piece, learner_id))`,
    `CREATE INDEX directory_piece_of_$g ON directory_piece_$g (learner_id)`,
    `CREATE TABLE directory_number_$g (
      number TEXT NOT NULL,
      learner_id TEXT NOT NULL,
      kind TEXT NOT NULL,
      PRIMARY KEY (number, learner_id, kind)
    )`,
    `CREATE INDEX directory_number_of_$g ON directory_number_$g (learner_id)`,
  ],
  erases: (events) => events.some(({ type }) => type === 'PersonalDataErased' || type === 'LearnerAnnulled'),

  /** A person's rows come from her own stream and from those of her enrollments. */
  keyOf: (event) => learnerOf(event) ?? '',

  async fold(db, events) {
    const told = new Map<string, Recorded<LedgerEvent>[]>();
    for (const event of events) {
      const learnerId = learnerOf(event);
      if (learnerId === null) continue;
      const of = told.get(learnerId);
      if (of) of.push(event);
      else told.set(learnerId, [event]);
    }

    // Whose identification is among these has no row yet.
    const older = [...told].filter(([, said]) => said[0]!.type !== 'LearnerIdentified').map(([learnerId]) => learnerId);
    const known = new Map((await peopleAmong(db, older)).map((person) => [person.learnerId, person]));
    const people: Person[] = [];
    for (const [learnerId, said] of told) {
      const person: Person = known.get(learnerId) ?? {
        learnerId,
        institutionId: said[0]!.institutionId,
        identity: null,
        contact: null,
        guardians: {},
        enrollments: {},
        erased: [],
      };
      // Nobody comes into the directory but by her identification: not by an erasure, say, after she was annulled.
      let there = known.has(learnerId);
      for (const event of said) if (there || event.type === 'LearnerIdentified') there = tell(person, event);
      if (there) people.push(person);
    }

    const before = [...told.keys()].filter((learnerId) => known.has(learnerId)).map((learnerId) => [learnerId]);
    for (const table of ['directory_person_$g', 'directory_piece_$g', 'directory_number_$g']) {
      await db.runMany(`DELETE FROM ${table} WHERE learner_id = ?`, before);
    }
    await db.runMany(
      `INSERT INTO directory_person_$g
       (learner_id, institution_id, name_folded, identity, contact, guardians, enrollments, erased) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      people.map((p) => [
        p.learnerId,
        p.institutionId,
        foldName(p.identity?.name ?? ''),
        json(p.identity),
        json(p.contact),
        JSON.stringify(p.guardians),
        JSON.stringify(p.enrollments),
        JSON.stringify(p.erased),
      ]),
    );
    await db.runMany(
      'INSERT INTO directory_piece_$g (piece, learner_id) VALUES (?, ?)',
      people.flatMap((p) => [...endings(p.identity?.name ?? '')].map((piece): Value[] => [piece, p.learnerId])),
    );
    await db.runMany(
      'INSERT INTO directory_number_$g (number, learner_id, kind) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      people.flatMap((p) => [...numbersOf(p)].map(([kind, number]): Value[] => [foldNumber(number), p.learnerId, kind])),
    );
  },
};

interface PersonFound {
  learnerId: string;
  institutionId: string;
  identity: string | null;
  contact: string | null;
  guardians: string;
  enrollments: string;
  erased: string;
}

const selected = `learner_id AS "learnerId", institution_id AS "institutionId", identity, contact, guardians, enrollments, erased`;

const personOf = (row: PersonFound): Person => ({
  learnerId: row.learnerId,
  institutionId: row.institutionId,
  identity: row.identity === null ? null : parsed<Identity>(row.identity),
  contact: row.contact === null ? null : parsed<Contact>(row.contact),
  guardians: parsed<Person['guardians']>(row.guardians),
  enrollments: parsed<Person['enrollments']>(row.enrollments),
  erased: parsed<Purpose[]>(row.erased),
});

const peopleAmong = async (db: ReadQueries, learnerIds: readonly string[]): Promise<Person[]> =>
  (await rowsAmong<PersonFound>(db, `SELECT ${selected} FROM directory_person_$g WHERE learner_id IN (?…)`, learnerIds)).map(
    personOf,
  );

// ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DirectoryRow {
  readonly learnerId: string;
  /** Null where it was erased. */
  readonly identity: Identity | null;
  readonly contact: Contact | null;
  readonly guardians: readonly {
    readonly guardianId: string;
    readonly name: string;
    readonly relation: string;
    readonly phone?: string;
  }[];
  readonly studentNumbers: readonly string[];
  /** Admitted, registered, suspended or with a retained place. */
  readonly currentEnrollmentIds: readonly string[];
  readonly erased: readonly Purpose[];
}

export interface DirectoryQuery extends Paging {
  readonly institutionId: string;
  /** Parts of a name, separated by spaces, or a number: all of it, or its first four digits and more. */
  readonly text: string;
}

const looksLikeNumber = (text: string): boolean => /\d/.test(text) && /^[\dA-Z]{4,}$/.test(text);

/** Everything that begins with it: the code point that ends the range is no letter of any name. */
const beginning = (text: string): [string, string] => [text, `${text}\u{10FFFF}`];

const shown = (row: PersonFound): DirectoryRow => {
  const { learnerId, identity, contact, guardians, enrollments, erased } = personOf(row);
  const all = Object.entries(enrollments);
  return {
    learnerId,
    identity,
    contact,
    guardians: Object.entries(guardians).map(([guardianId, guardian]) => ({ guardianId, ...guardian })),
    studentNumbers: all.flatMap(([, { studentNumber }]) => (studentNumber === null ? [] : [studentNumber])),
    currentEnrollmentIds: all.filter(([, { current }]) => current).map(([id]) => id),
    erased,
  };
};

/**
 * People by name or number, in order of name. The cursor names no one: it tells a learner's id alone, and is bound to the institution, not to
 * the words, since cursors travel in addresses and names must not, digested either.
 */
export async function searchDirectory(db: ReadQueries, query: DirectoryQuery): Promise<PageOf<DirectoryRow> | Refusal> {
  const bound = { institutionId: query.institutionId };
  const place = placeOf(query.cursor === undefined ? bound : { ...bound, cursor: query.cursor }, 1);
  if (isRefusal(place)) return place;

  const matching = new Conditions().equal('p.institution_id', query.institutionId);
  const number = foldNumber(query.text);
  const pieces = query.text.split(/\s+/u).map(foldName).filter(Boolean);
  if (looksLikeNumber(number)) {
    matching.add(
      'p.learner_id IN (SELECT learner_id FROM directory_number_$g WHERE number >= ? AND number < ?)',
      ...beginning(number),
    );
  } else if (pieces.length > 0) {
    for (const piece of pieces) {
      const wanted = Array.from(piece).slice(0, pieceLength).join('');
      matching.add(
        'p.learner_id IN (SELECT learner_id FROM directory_piece_$g WHERE piece >= ? AND piece < ?)',
        ...beginning(wanted),
      );
    }
  } else matching.add('1 = 0');

  const total = await db.get<{ n: number }>(
    `SELECT CAST(count(*) AS INTEGER) AS n FROM directory_person_$g p ${matching.where}`,
    matching.values,
  );
  if (place) {
    const [learnerId = ''] = place;
    matching.add(
      `(p.name_folded, p.learner_id) > (COALESCE((SELECT name_folded FROM directory_person_$g WHERE learner_id = ?), ''), ?)`,
      learnerId,
      learnerId,
    );
  }
  const limit = pageLimit(query);
  const found = await db.all<PersonFound>(
    `SELECT ${selected} FROM directory_person_$g p ${matching.where} ORDER BY p.name_folded, p.learner_id LIMIT ?`,
    [...matching.values, limit + 1],
  );
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(shown),
    next: found.length > limit && last ? cursorAfter(bound, [last.learnerId]) : null,
    total: total?.n ?? 0,
  };
}

/** One person of an institution; undefined also where she is another one's. */
export async function personInDirectory(
  db: ReadQueries,
  institutionId: string,
  learnerId: string,
): Promise<DirectoryRow | undefined> {
  const row = await db.get<PersonFound>(
    `SELECT ${selected} FROM directory_person_$g WHERE learner_id = ? AND institution_id = ?`,
    [learnerId, institutionId],
  );
  return row && shown(row);
}

export interface NameAndBirth {
  readonly name: string;
  readonly birthDate: string;
  readonly idNumber: string;
}

export interface SameNameAndBirth<Of extends NameAndBirth> {
  readonly of: Of;
  readonly others: readonly { readonly learnerId: string; readonly studentNumbers: readonly string[] }[];
}

/** Names looked up at once: what is common is common in a college, too. */
const namesTogether = 100;

/** Others of the same name and birth date under another id number: perhaps the same person. */
export async function sameNameAndBirth<Of extends NameAndBirth>(
  db: ReadQueries,
  institutionId: string,
  people: readonly Of[],
): Promise<readonly SameNameAndBirth<Of>[]> {
  const byName = Map.groupBy(people, ({ name }) => foldName(name));
  const names = [...byName.keys()];
  const found: SameNameAndBirth<Of>[] = [];
  for (let from = 0; from < names.length; from += namesTogether) {
    const some = names.slice(from, from + namesTogether);
    const rows = await rowsAmong<PersonFound>(
      db,
      `SELECT p.learner_id AS "learnerId", p.institution_id AS "institutionId", p.identity, p.contact, p.guardians, p.enrollments, p.erased
         FROM directory_piece_$g x JOIN directory_person_$g p ON p.learner_id = x.learner_id WHERE x.piece IN (?…)`,
      some.map((name) => Array.from(name).slice(0, pieceLength).join('')),
    );
    const others = Map.groupBy(
      rows.filter((row) => row.institutionId === institutionId).map(shown),
      ({ identity }) => `${foldName(identity?.name ?? '')}\n${identity?.birthDate ?? ''}`,
    );
    for (const name of some)
      for (const of of byName.get(name)!) {
        const same = (others.get(`${name}\n${of.birthDate}`) ?? []).filter(
          ({ identity }) => foldNumber(identity?.idNumber ?? '') !== foldNumber(of.idNumber),
        );
        if (same.length > 0)
          found.push({ of, others: same.map(({ learnerId, studentNumbers }) => ({ learnerId, studentNumbers })) });
      }
  }
  return found;
}
