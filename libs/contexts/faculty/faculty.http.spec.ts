import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openDesk, type Answer, type Desk } from '../../../test/support/desk.ts';
import { teacherFact, teacherIdOf } from '../../facts/teacher.ts';
import { RecordsModule } from '../../records/records.module.ts';
import { PartnershipModule } from '../partnership/partnership.module.ts';
import { FacultyModule } from './faculty.module.ts';

let desk: Desk;
let organizationId: string;
let associationId: string;
let mentor: { side: string; organizationId: string; staffNumber: string; profile: object; contact: object };

beforeAll(async () => {
  desk = await openDesk([FacultyModule, PartnershipModule, RecordsModule]);
  const registered = (creditCode: string, kind: string): Promise<Answer> =>
    desk.post('/v1/organizations', { creditCode, name: { zh: '江南', en: 'Jiangnan' }, kind });
  ({ organizationId } = (await registered('91350100M000100Y43', 'enterprise')).body);
  associationId = (await registered('91330100799655058B', 'association')).body.organizationId;
  mentor = {
    side: 'enterprise',
    organizationId,
    staffNumber: 'E0042',
    profile: { name: '周明', title: '仓储主管' },
    contact: { phone: '13900000000' },
  };
});
afterAll(() => desk.server.app.close());

const register = (said: object = {}): Promise<Answer> => desk.post('/v1/teachers', { ...mentor, ...said });
const registered = async (staffNumber: string): Promise<string> => (await register({ staffNumber })).body.teacherId;
const fieldsOf = ({ body }: Answer): readonly string[] =>
  body.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`);

it('registers a mentor once under her staff number', async () => {
  const first = await register();
  const teacherId = teacherIdOf('college', organizationId, 'E0042');
  expect(first).toMatchObject({
    status: 201,
    body: { teacherId, events: ['TeacherRegistered'] },
    headers: { location: `/v1/teachers/${teacherId}` },
  });
  expect(await register()).toMatchObject({ status: 200, body: { teacherId, events: [] } });
  expect(await register({ profile: { name: '周敏' } })).toMatchObject({ status: 409, body: { code: 'TEACHER_EXISTS' } });
  expect((await register({ side: 'school', organizationId: null })).body.teacherId).not.toBe(teacherId);
});

it('takes mentors of enterprises that are there, and staff of the college alone', async () => {
  expect(await register({ staffNumber: '1', organizationId: '5q8m2c7h1v0n4k3d' })).toMatchObject({
    status: 409,
    body: { code: 'ORGANIZATION_UNKNOWN' },
  });
  expect((await register({ staffNumber: '1', organizationId: associationId })).body.code).toBe('ORGANIZATION_NOT_ENTERPRISE');
  expect(await register({ staffNumber: '1', side: 'school' })).toMatchObject({
    status: 422,
    body: { code: 'TEACHER_ORGANIZATION_WRONG' },
  });
  const academy = await desk.as({ institution: 'academy' });
  expect((await academy.post('/v1/teachers', { ...mentor, staffNumber: '1' })).body.code).toBe('ORGANIZATION_UNKNOWN');
});

it('says of every field what it should be', async () => {
  const bad = await desk.post('/v1/teachers', {
    side: 'both',
    organizationId: 'O 1',
    staffNumber: '',
    profile: { title: 1 },
    contact: '139',
  });
  expect(fieldsOf(bad).toSorted()).toEqual([
    'contact OBJECT',
    'organizationId SHAPE',
    'profile.name REQUIRED',
    'profile.title TEXT',
    'side ONE_OF',
    'staffNumber TEXT',
  ]);
});

it('links an account to one of them at a time, and frees the one before', async () => {
  const [one, other] = [await registered('E1'), await registered('E2')];
  const link = (teacherId: string, personId: string): Promise<Answer> =>
    desk.post(`/v1/teachers/${teacherId}/link-account`, { personId });
  expect((await link(one, 'mentor-1')).body.events).toEqual(['TeacherAccountLinked']);
  expect((await link(one, 'mentor-1')).body.events).toEqual([]);
  expect(await link(other, 'mentor-1')).toMatchObject({ status: 409, body: { code: 'ACCOUNT_TAKEN' } });
  expect((await link(one, 'mentor-2')).status).toBe(200);
  expect((await link(other, 'mentor-1')).status).toBe(200);
  expect((await link(one, 'mentor-1')).body.code).toBe('ACCOUNT_TAKEN');
  expect((await desk.parts.transactor.load(teacherFact(one))).state.personId).toBe('mentor-2');
  // Of two who ask at once for what is free, one has it.
  const both = await Promise.all([link(one, 'mentor-3'), link(other, 'mentor-3')]);
  expect(both.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409']);
  expect((await link('5q8m2c7h1v0n4k3d', 'mentor-4')).status).toBe(404);
});

it('leads from a warning to an improvement, and out of it', async () => {
  const id = await registered('E3');
  const act = (what: string, said: object): Promise<Answer> => desk.post(`/v1/teachers/${id}/${what}`, said);
  const ground = { ground: 'appraisal-below-standard', reason: { code: 'appraisal', text: '两次考核低于标准' } };
  expect((await act('plan-improvement', { until: '2026-12-31' })).body.code).toBe('TEACHER_STATUS_FORBIDS');
  expect((await act('raise-warning', ground)).body.events).toEqual(['EarlyWarningRaised']);
  expect((await act('plan-improvement', { until: '2026-12-31' })).body.events).toEqual(['ImprovementPlanned']);
  expect((await act('reinstate', { ground: 'improved' })).body.events).toEqual(['TeacherReinstated']);
  expect((await act('suspend', ground)).body.events).toEqual(['TeacherSuspended']);
  expect((await act('withdraw', ground)).body.events).toEqual(['TeacherWithdrawn']);
  expect((await act('suspend', ground)).body.code).toBe('TEACHER_STATUS_FORBIDS');
});

it('shows whom it is about, to the registry and to her own enterprise', async () => {
  const id = await registered('E4');
  await desk.post(`/v1/teachers/${id}/grant-dual-qualification`, { certificate: '高级', evidence: ['file 1'] });
  const practice = { organizationId, from: '2026-01-05', to: '2026-02-13', days: 30 };
  expect((await desk.post(`/v1/teachers/${id}/record-practice`, practice)).status).toBe(200);
  expect((await desk.post(`/v1/teachers/${id}/record-practice`, { ...practice, days: 1000 })).body.code).toBe(
    'PRACTICE_DATES_WRONG',
  );
  const shown = {
    status: 200,
    headers: { etag: '"2"' },
    body: {
      profile: { name: '周明', title: '仓储主管' },
      contact: { phone: '13900000000' },
      status: { code: 'active' },
      dualQualified: true,
      practice: [practice],
      practiceDays: 30,
    },
  };
  expect(await desk.get(`/v1/teachers/${id}`)).toMatchObject(shown);
  const own = await desk.as({ role: 'enterprise', org: organizationId });
  expect(await own.get(`/v1/teachers/${id}`)).toMatchObject(shown);
  const other = await desk.as({ role: 'enterprise', org: associationId });
  expect((await other.get(`/v1/teachers/${id}`)).status).toBe(404);
});
