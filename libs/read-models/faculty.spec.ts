import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import type { TeacherEvent } from '../events/catalog/faculty.ts';
import { teacherFact } from '../facts/teacher.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { Projection } from '../projection/engine.ts';
import { faculty, listTeachers, type TeacherQuery } from './faculty.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;
const institutionId = 'college';

const registered = (staffNumber: string, organizationId: string | null): TeacherEvent => ({
  type: 'TeacherRegistered',
  data: {
    side: organizationId === null ? 'school' : 'enterprise',
    organizationId,
    staffNumber,
    profile: { name: `周明${staffNumber}` },
    contact: null,
    source: null,
  },
});

const say = (id: string, events: readonly TeacherEvent[], institution = institutionId): Promise<bigint> =>
  ledger.say(`teacher-${id}`, events, { subjectId: id, institutionId: institution });

beforeEach(async () => {
  ledger = new TestLedger();
  stores = new TestStores();
  projection = await project(ledger, stores, [faculty]);
  await say('t1', [registered('E1', 'o1'), { type: 'TeacherAccountLinked', data: { personId: 'mentor-1' } }]);
  await say('t2', [registered('S1', null)]);
  await say('x', [registered('E1', 'o1'), { type: 'TeacherAccountLinked', data: { personId: 'mentor-1' } }], 'elsewhere');
  await projection.catchUp();
  await say('t1', [
    { type: 'TeacherAccountLinked', data: { personId: 'mentor-2' } },
    { type: 'EarlyWarningRaised', data: { ground: 'absent' } },
  ]);
  await say('t2', [{ type: 'DualQualificationGranted', data: { certificate: '高级', evidence: [] } }]);
  await projection.catchUp();
});
afterEach(() => stores.close());

const ask = <T>(query: (db: ReadQueries) => Promise<T>): Promise<T> => stores.read(faculty, query);
const found = async (query: Omit<TeacherQuery, 'institutionId'>): Promise<unknown> => {
  const page = await ask((db) => listTeachers(db, { institutionId, ...query }));
  return 'rows' in page ? page.rows.map(({ id }) => id) : page;
};

it('lists teachers by side, organization, number, status and qualification', async () => {
  expect(await found({})).toEqual(['t1', 't2']);
  expect(await found({ side: 'school' })).toEqual(['t2']);
  expect(await found({ organizationId: 'o1' })).toEqual(['t1']);
  expect(await found({ organizationId: '' })).toEqual([]);
  expect(await found({ staffNumber: 'S1' })).toEqual(['t2']);
  expect(await found({ status: 'warned' })).toEqual(['t1']);
  expect(await found({ dualQualified: true })).toEqual(['t2']);
  expect(await found({ dualQualified: false })).toEqual(['t1']);
  expect(await found({ limit: 1 })).toEqual(['t1']);
});

it('holds what the decisions’ own fold says, with the name sealed', async () => {
  const page = await ask((db) => listTeachers(db, { institutionId, staffNumber: 'E1' }));
  const [row] = 'rows' in page ? page.rows : [];
  const { state, revision } = await ledger.transactor.load(teacherFact('t1'));
  expect(row).toEqual({ id: 't1', teacher: state, revision });
  expect(row!.teacher.profile).toMatch(/^sealed\./);
  expect(ledger.codec.reveal(row!.teacher.profile)).toEqual({ name: '周明E1' });
});

it('knows whose account it is: the one linked last, in her own institution', async () => {
  expect(await found({ personId: 'mentor-2' })).toEqual(['t1']);
  expect(await found({ personId: 'mentor-1' })).toEqual([]);
  expect(await ask((db) => listTeachers(db, { institutionId: 'elsewhere', personId: 'mentor-1' }))).toMatchObject({
    rows: [{ id: 'x' }],
  });
});
