import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openDesk, type Answer, type Desk } from '../../../test/support/desk.ts';
import { CurriculumModule } from './curriculum.module.ts';

let desk: Desk;
beforeAll(async () => void (desk = await openDesk([CurriculumModule])));
afterAll(() => desk.server.app.close());

const fieldsOf = ({ body }: Answer): readonly string[] =>
  body.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`);
const name = { zh: '电子商务', en: 'E-commerce' };
const program = { code: '530701', name, level: 'junior-college', lengthOfStudyMonths: 36 };

it('publishes a program once; other content under its key is refused', async () => {
  const first = await desk.post('/v1/programs', program);
  expect(first).toMatchObject({ status: 201, body: { events: ['ProgramPublished'] }, headers: { location: '/v1/programs' } });
  expect(await desk.post('/v1/programs', program)).toMatchObject({
    status: 200,
    body: { programId: first.body.programId, events: [] },
  });
  const other = await desk.post('/v1/programs', { ...program, entranceScore: 42_000 });
  expect(other).toMatchObject({ status: 409, body: { code: 'REFERENCE_EXISTS' } });
  expect((await desk.post('/v1/programs', { ...program, level: 'vocational-bachelor' })).body.programId).not.toBe(
    first.body.programId,
  );
});

it('says of every field what it should be', async () => {
  const bad = await desk.post('/v1/programs', {
    code: '',
    name: { zh: '电商', de: 'x' },
    level: '大专',
    lengthOfStudyMonths: 1.5,
    entranceScore: '1',
  });
  expect(fieldsOf(bad).toSorted()).toEqual([
    'code SHAPE',
    'entranceScore WHOLE',
    'lengthOfStudyMonths WHOLE',
    'level ONE_OF',
    'name.de UNKNOWN_FIELD',
    'name.en REQUIRED',
  ]);
});

it('puts programs of its own into groups, and no others', async () => {
  const { programId } = (await desk.post('/v1/programs', program)).body;
  const group = { name: { zh: '商贸', en: 'Commerce' }, programIds: [programId] };
  expect(await desk.post('/v1/program-groups', group)).toMatchObject({ status: 201, body: { events: ['ProgramGroupFormed'] } });
  expect(await desk.post('/v1/program-groups', group)).toMatchObject({ status: 200, body: { events: [] } });
  expect(await desk.post('/v1/program-groups', { ...group, programIds: ['nowhere'] })).toMatchObject({
    status: 409,
    body: { code: 'PROGRAM_UNKNOWN' },
  });
  const academy = await desk.as({ institution: 'academy' });
  expect(await academy.post('/v1/program-groups', group)).toMatchObject({ status: 409, body: { code: 'PROGRAM_UNKNOWN' } });
});

it('publishes a calendar whose years and terms follow each other', async () => {
  const year = {
    name: '2026-2027',
    from: '2026-09-01',
    to: '2027-08-31',
    terms: [{ name: '1', from: '2026-09-01', to: '2027-01-20' }],
  };
  expect((await desk.post('/v1/calendar', { years: [year] })).status).toBe(201);
  expect(await desk.post('/v1/calendar', { years: [year, year] })).toMatchObject({
    status: 422,
    body: { code: 'CALENDAR_OVERLAPS' },
  });
  const bad = await desk.post('/v1/calendar', {
    years: [{ ...year, to: '2027-02-30', terms: [{ name: '' }] }],
    holidays: 'none',
  });
  expect(fieldsOf(bad).toSorted()).toEqual([
    'holidays OBJECTS',
    'years.0.terms.0.from REQUIRED',
    'years.0.terms.0.name TEXT',
    'years.0.terms.0.to REQUIRED',
    'years.0.to PLAIN_DATE',
  ]);
});

it('adopts a policy, and repeats nothing', async () => {
  const policy = { recheckMonths: 3, conversionMonths: 24, transferGrounds: ['illness'], eraseRegisteredIdentities: false };
  expect((await desk.post('/v1/enrollment-policy', policy)).body.events).toEqual(['EnrollmentPolicyAdopted']);
  expect((await desk.post('/v1/enrollment-policy', policy)).body.events).toEqual([]);
});
