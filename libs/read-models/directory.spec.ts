import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import { admission, identity } from '../../test/support/histories.ts';
import { openSqliteReadStore } from '../adapters/sqlite/read-store.ts';
import type { ReadStore } from '../ports/read-store.ts';
import { isRefusal } from '../kernel/refusal.ts';
import type { Projection } from '../projection/engine.ts';
import { directory, personInDirectory, searchDirectory, type DirectoryQuery, type DirectoryRow } from './directory.ts';
import type { PageOf } from './paging.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;

beforeEach(async () => {
  ledger = new TestLedger();
  stores = new TestStores();
  projection = await project(ledger, stores, [directory]);
});
afterEach(() => stores.close());

const person = (
  learnerId: string,
  name: string,
  idNumber: string,
  phone = '13800001111',
  institutionId = 'college',
): Promise<bigint> =>
  ledger.say(
    `learner-${learnerId}`,
    [
      {
        type: 'LearnerIdentified',
        data: { identity: { ...identity, name, idNumber }, contact: { phone }, idClaim: null, source: null },
      },
    ],
    { institutionId },
  );
const enroll = (learnerId: string, id: string, studentNumber: string): Promise<bigint> =>
  ledger.say(
    `enrollment-${id}`,
    [
      { type: 'LearnerAdmitted', data: { ...admission, learnerId, source: null } },
      { type: 'StudentRegistered', data: { studentNumber, classId: null, recheckDueBy: '2025-12-01', source: null } },
    ],
    { subjectId: learnerId },
  );
const erase = async (learnerId: string, purposes: readonly ('identity' | 'contact')[]): Promise<void> => {
  await ledger.say(`learner-${learnerId}`, [
    { type: 'PersonalDataErased', data: { requestId: 'q', purposes, legalBasis: 'pipl-47' } },
  ]);
  await ledger.vault.shred(learnerId, purposes);
};

const search = async (text: string, more: Partial<DirectoryQuery> = {}): Promise<PageOf<DirectoryRow>> => {
  await projection.catchUp();
  const page = await stores.read(directory, (db) => searchDirectory(db, { institutionId: 'college', text, ...more }));
  if (isRefusal(page)) throw new Error(page.refused);
  return page;
};
const found = async (text: string): Promise<string[]> => (await search(text)).rows.map(({ learnerId }) => learnerId).toSorted();

describe('the directory', () => {
  beforeEach(async () => {
    await person('a', '欧阳明月', '110101200703141227');
    await person('b', '陈明', '110101200703149999', '13900002222');
    await person('c', 'Zhang Wei', 'P1234567');
    await person('d', '买买提·艾力', '650101200701010018');
    await person('e', '陈明月', '440101200703140000', '13700003333', 'elsewhere');
    await enroll('a', 'e1', '20250101');
  });

  it('finds by any part of a name, and by parts', async () => {
    expect(await found('明')).toEqual(['a', 'b']);
    expect(await found('明月')).toEqual(['a']);
    expect(await found('阳 月')).toEqual(['a']);
    expect(await found('wei ZHA')).toEqual(['c']);
    expect(await found('Ｚｈａｎｇ')).toEqual(['c']);
    expect(await found('买买提艾力')).toEqual(['d']);
    expect(await found('月明')).toEqual([]);
    expect(await found('  ')).toEqual([]);
    expect(await found('%')).toEqual([]);
  });

  it('finds by number, whole or from four digits on', async () => {
    expect(await found('110101200703141227')).toEqual(['a']);
    expect(await found('1101')).toEqual(['a', 'b']);
    expect(await found('110')).toEqual([]);
    expect(await found('2025 0101')).toEqual(['a']);
    expect(await found('139 0000 2222')).toEqual(['b']);
    expect(await found('p1234567')).toEqual(['c']);
  });

  it('shows one institution nobody of another', async () => {
    expect((await search('明月', { institutionId: 'elsewhere' })).rows.map(({ learnerId }) => learnerId)).toEqual(['e']);
    expect(await stores.read(directory, (db) => personInDirectory(db, 'college', 'e'))).toBeUndefined();
  });

  it('follows corrections, contacts, guardians and enrollments', async () => {
    await ledger.say('learner-a', [
      {
        type: 'IdentityCorrected',
        data: { requestId: 'q', target: '0', change: { old: identity, new: { ...identity, name: '欧阳日月' } }, idClaim: null },
      },
      { type: 'ContactChanged', data: { contact: { phone: '13511112222' } } },
      {
        type: 'GuardianLinked',
        data: { guardianId: 'g', guardian: { name: '欧阳父', relation: 'father', phone: '13600001111' } },
      },
    ]);
    expect(await found('明月')).toEqual([]);
    expect(await found('日月')).toEqual(['a']);
    expect(await found('13800001111')).toEqual(['c', 'd']);
    expect(await found('13600001111')).toEqual(['a']);
    expect((await search('日月')).rows[0]).toMatchObject({
      contact: { phone: '13511112222' },
      guardians: [{ guardianId: 'g', name: '欧阳父', relation: 'father' }],
      studentNumbers: ['20250101'],
      currentEnrollmentIds: ['e1'],
    });
    await ledger.say('enrollment-e1', [{ type: 'StudentWithdrawn', data: { ground: 'own-application' } }], { subjectId: 'a' });
    expect((await search('日月')).rows[0]).toMatchObject({ currentEnrollmentIds: [], studentNumbers: ['20250101'] });
  });

  it('pages in order of name, and its cursor names nobody', async () => {
    for (let i = 0; i < 7; i++) await person(`n${i}`, `王${'甲乙丙丁戊己庚'[i]!}`, `id-${i}`);
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const page: PageOf<DirectoryRow> = await search('王', { limit: 3, ...(cursor ? { cursor } : {}) });
      expect(page.total).toBe(7);
      names.push(...page.rows.map((row) => row.identity!.name));
      cursor = page.next;
      expect(Buffer.from(cursor ?? '', 'base64url').toString()).not.toMatch(/王/);
    } while (cursor !== null);
    expect(names).toEqual(names.toSorted());
    expect(new Set(names).size).toBe(7);
  });

  it('forgets an annulled learner', async () => {
    await ledger.say('learner-b', [{ type: 'LearnerAnnulled', data: {} }]);
    expect(await found('陈明')).toEqual([]);
    expect(await found('13900002222')).toEqual([]);
  });
});

describe('an erasure', () => {
  it('takes its purpose out of the row and leaves the other', async () => {
    await person('a', '欧阳明月', '110101200703141227');
    await enroll('a', 'e1', '20250101');
    await erase('a', ['contact']);
    expect(await found('13800001111')).toEqual([]);
    expect((await search('明月')).rows[0]).toMatchObject({ contact: null, guardians: [], erased: ['contact'] });
    await erase('a', ['identity']);
    expect(await found('明月')).toEqual([]);
    expect(await found('1101')).toEqual([]);
    expect((await search('20250101')).rows[0]).toMatchObject({ identity: null, contact: null, erased: ['contact', 'identity'] });
  });

  it('cannot be undone by a rebuild, which equals the live rows', async () => {
    for (let i = 0; i < 5; i++) await person(`l${i}`, `王${i}号`, `11010120070314000${i}`);
    await erase('l2', ['identity', 'contact']);
    await erase('l3', ['contact']);
    await projection.catchUp();
    const rebuilt = projection.rebuild('directory', undefined, { compare: true });
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await projection.catchUp();
    const { digests } = await rebuilt;
    expect(digests!.rebuilt).toBe(digests!.live);
    expect(await found('王')).toEqual(['l0', 'l1', 'l3', 'l4']);
  });

  it('leaves no bytes on disk, neither in the file nor in its log, also where a reader was in the way', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-directory-'));
    const path = join(folder, 'directory.db');
    const file = openSqliteReadStore({ path, clearText: true });
    projection = await project(ledger, { views: stores.views, directory: file }, [directory], { batch: 50 });
    // Names in no order, with corrections that lengthen rows: pages split, and splitting copies cells about.
    const names: string[] = [];
    for (let i = 0; i < 1500; i++) {
      const name = `名${((i * 7919) % 1500).toString(36)}字x${i.toString(36).padStart(4, '0')}y`;
      names.push(name);
      await person(`l${(i * 7907) % 1500}`, name, `1101012007${String((i * 6007) % 1500).padStart(8, '0')}`);
    }
    await projection.catchUp();
    for (let i = 0; i < 1500; i += 3) {
      await ledger.say(`learner-l${(i * 7907) % 1500}`, [
        {
          type: 'GuardianLinked',
          data: { guardianId: 'g', guardian: { name: `监护人${'长'.repeat(i % 90)}`, relation: 'mother' } },
        },
      ]);
    }
    await projection.catchUp();
    const gone = names.filter((_, i) => i % 5 === 0);
    const stay = names.filter((_, i) => i % 5 !== 0);
    const traces = async (wanted: readonly string[]): Promise<number> => {
      const files = (await readdir(folder)).filter((name) => name.startsWith('directory.db') && !name.endsWith('-shm'));
      const bytes = await Promise.all(files.map((name) => readFile(join(folder, name))));
      // Every whole name that stands there, in one pass: none holds the beginning of another.
      const stands = new Set(
        Buffer.concat(bytes)
          .toString('utf8')
          .match(/名[0-9a-z]+字x[0-9a-z]{4}y/g),
      );
      return wanted.filter((name) => stands.has(name)).length;
    };
    expect(await traces(gone)).toBe(gone.length);

    const reader = openSqliteReadStore({ path, readOnly: true });
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const reading = reader.snapshot(async (db) => {
      await db.all('SELECT * FROM directory_person_g1 LIMIT 1');
      await held;
    });
    for (let i = 0; i < 1500; i += 5) await erase(`l${(i * 7907) % 1500}`, ['identity', 'contact']);
    await projection.catchUp();
    expect(await traces(gone)).toBeGreaterThan(0);

    letGo();
    await reading;
    await projection.turn();
    expect(await traces(gone)).toBe(0);
    expect(await traces(stay)).toBe(stay.length);
    await reader.close();
    await file.close();
    await rm(folder, { recursive: true });
  });

  it('is scrubbed after a crash came between the deletion and the scrubbing', async () => {
    await person('a', '欧阳明月', '110101200703141227');
    await erase('a', ['identity', 'contact']);
    let scrubbed = 0;
    const scrubbing = (scrub: () => boolean): { views: ReadStore; directory: ReadStore } => ({
      views: stores.views,
      directory: {
        snapshot: (read) => stores.directory.snapshot(read),
        transaction: (write) => stores.directory.transaction(write),
        scrub: () => Promise.resolve(scrub()),
        close: () => stores.directory.close(),
      },
    });
    projection = await project(
      ledger,
      scrubbing(() => false),
      [directory],
    );
    await projection.catchUp();
    const counted = scrubbing(() => {
      scrubbed += 1;
      return true;
    });
    for (const expected of [1, 1]) {
      projection = await project(ledger, counted, [directory]);
      await projection.catchUp();
      expect(scrubbed).toBe(expected);
    }
  });
});
