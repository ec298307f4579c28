import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import { calendar, program } from '../../test/support/histories.ts';
import { defaultPolicy } from '../facts/reference.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { Projection } from '../projection/engine.ts';
import { eventCounts, ledgerStats } from './ledger-stats.ts';
import {
  calendarInForce,
  classPeople,
  findClasses,
  findPrograms,
  listClasses,
  listImports,
  listOrganizations,
  listProgramGroups,
  listPrograms,
  policyInForce,
  reference,
} from './reference.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;
const institutionId = 'college';

beforeEach(async () => {
  ledger = new TestLedger();
  stores = new TestStores();
  projection = await project(ledger, stores, [reference, ledgerStats]);
  await ledger.say('program-p1', [{ type: 'ProgramPublished', data: program }]);
  await ledger.say('program-p2', [
    { type: 'ProgramPublished', data: { ...program, code: '530802', name: { zh: '现代物流管理', en: 'Logistics 100%' } } },
  ]);
  await ledger.say('program-x', [{ type: 'ProgramPublished', data: program }], { institutionId: 'elsewhere' });
  await ledger.say('group-g', [
    { type: 'ProgramGroupFormed', data: { name: { zh: '商贸', en: 'Commerce' }, programIds: ['p1', 'p2'] } },
    { type: 'ProgramJoinedGroup', data: { programId: 'p0' } },
  ]);
  const formed = { kind: 'administrative', name: '电商2501', programId: 'p1', course: null, term: null } as const;
  await ledger.say('class-c1', [
    { type: 'ClassFormed', data: formed },
    { type: 'TeacherAssignedToClass', data: { teacherId: 't1' } },
  ]);
  await ledger.say('class-c2', [
    { type: 'ClassFormed', data: { ...formed, kind: 'teaching', name: '网店运营', course: 'shop', term: '2025-1' } },
    { type: 'RosterChanged', data: { added: ['e1', 'e2', 'e3'], removed: [] } },
    { type: 'RosterChanged', data: { added: [], removed: ['e2'] } },
    { type: 'ClassClosed', data: {} },
  ]);
  await ledger.say('organization-o', [
    {
      type: 'OrganizationRegistered',
      data: { creditCode: '91110000', name: { zh: '某电商公司', en: 'Shop Ltd' }, kind: 'enterprise' },
    },
  ]);
  await ledger.say('calendar-college', [{ type: 'CalendarPublished', data: { years: [], holidays: [] } }]);
  await ledger.say('calendar-college', [{ type: 'CalendarPublished', data: calendar }]);
  await ledger.say('policy-college', [{ type: 'EnrollmentPolicyAdopted', data: { ...defaultPolicy, recheckMonths: 2 } }]);
  await ledger.say('import-r1', [{ type: 'ImportStarted', data: { kind: 'roster', fileDigest: 'f', options: {}, ordinal: 1 } }]);
  await ledger.say('import-r1', [{ type: 'ImportFinished', data: { rows: 3, taken: 2, unchanged: 1, refused: 0 } }]);
  await ledger.say('import-r2', [{ type: 'ImportStarted', data: { kind: 'roster', fileDigest: 'g', options: {}, ordinal: 1 } }]);
  await projection.catchUp();
});
afterEach(() => stores.close());

const ask = <T>(query: (db: ReadQueries) => Promise<T>): Promise<T> => stores.read(reference, query);

describe('reference lists', () => {
  it('programs, by code, name in either language and level', async () => {
    expect(await ask((db) => listPrograms(db, { institutionId }))).toMatchObject({
      total: 2,
      rows: [
        { id: 'p1', code: '530701', nameZh: '电子商务', nameEn: 'E-commerce', level: 'junior-college', entranceScore: 40_000 },
        { id: 'p2' },
      ],
    });
    for (const [text, ids] of [
      ['物流', ['p2']],
      ['e-COM', ['p1']],
      ['5308', ['p2']],
      ['100%', ['p2']],
      ['_', []],
    ] as const) {
      const page = await ask((db) => listPrograms(db, { institutionId, text }));
      expect(page).toMatchObject({ rows: ids.map((id) => ({ id })) });
    }
    expect(await ask((db) => findPrograms(db, institutionId, { code: '530701', level: 'junior-college' }))).toMatchObject([
      { id: 'p1' },
    ]);
    expect(await ask((db) => findPrograms(db, institutionId, { name: '现代物流管理' }))).toMatchObject([{ id: 'p2' }]);
    expect(await ask((db) => listProgramGroups(db, { institutionId }))).toMatchObject({
      rows: [{ programIds: ['p1', 'p2', 'p0'] }],
    });
  });

  it('pages by cursor, bound to the query', async () => {
    const first = await ask((db) => listPrograms(db, { institutionId, limit: 1 }));
    const cursor = 'next' in first ? first.next! : '';
    expect(await ask((db) => listPrograms(db, { institutionId, limit: 1, cursor }))).toMatchObject({
      rows: [{ id: 'p2' }],
      next: null,
    });
    expect(await ask((db) => listPrograms(db, { institutionId: 'elsewhere', cursor }))).toMatchObject({
      refused: 'CURSOR_INVALID',
    });
  });

  it('classes, with teachers and roster', async () => {
    const ids = async (query: object): Promise<unknown> => {
      const page = await ask((db) => listClasses(db, { institutionId, ...query }));
      return 'rows' in page ? page.rows.map(({ id }) => id) : page;
    };
    expect(await ids({})).toEqual(['c1', 'c2']);
    expect(await ids({ open: true })).toEqual(['c1']);
    expect(await ids({ kind: 'teaching' })).toEqual(['c2']);
    expect(await ids({ teacherId: 't1' })).toEqual(['c1']);
    expect(await ids({ text: '2501' })).toEqual(['c1']);
    expect(await ask((db) => classPeople(db, 'c2'))).toEqual({ teacherIds: [], memberIds: ['e1', 'e3'] });
    expect(await ask((db) => findClasses(db, institutionId, '电商2501'))).toMatchObject([{ id: 'c1', closed: 0 }]);
  });

  it('organizations, import runs, and what is in force', async () => {
    expect(await ask((db) => listOrganizations(db, { institutionId, text: '9111' }))).toMatchObject({
      rows: [{ id: 'o', kind: 'enterprise' }],
    });
    expect(await ask((db) => listImports(db, { institutionId }))).toMatchObject({
      rows: [
        { id: 'r2', finishedAt: null, counts: null },
        { id: 'r1', startedBy: 'zhao', counts: { rows: 3, taken: 2, unchanged: 1, refused: 0 } },
      ],
    });
    expect(await ask((db) => calendarInForce(db, institutionId))).toMatchObject({ said: calendar, revision: 1n });
    expect(await ask((db) => policyInForce(db, institutionId))).toMatchObject({ said: { recheckMonths: 2 } });
    expect(await ask((db) => policyInForce(db, 'elsewhere'))).toBeUndefined();
  });

  it('counts events by type', async () => {
    const counts = await stores.read(ledgerStats, (db) => eventCounts(db, institutionId));
    expect(counts).toContainEqual(expect.objectContaining({ type: 'CalendarPublished', n: 2 }));
    expect(counts).toContainEqual(expect.objectContaining({ type: 'ProgramPublished', n: 2 }));
  });
});
