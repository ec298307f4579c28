import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openDesk, type Answer, type Desk } from '../../../test/support/desk.ts';
import { defaultApprenticeshipPolicy, defaultAssessmentPolicy } from '../../facts/reference.ts';
import { RecordsModule } from '../../records/records.module.ts';
import { CurriculumModule } from './curriculum.module.ts';
import { fourFourTwo } from './scheme.ts';

let desk: Desk;
beforeAll(async () => void (desk = await openDesk([CurriculumModule, RecordsModule])));
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

const course = { code: 'EC101', name, credits: 400, hours: 64, nature: 'compulsory' };
const module = { code: 'platform', name, kind: 'shared', requiredCredits: 6000 };

it('publishes a course, and a version of it where its content is another', async () => {
  const first = await desk.post('/v1/courses', course);
  expect(first).toMatchObject({ status: 201, body: { events: ['CoursePublished'] } });
  const { courseId } = first.body;
  expect(await desk.post('/v1/courses', course)).toMatchObject({ status: 200, body: { courseId, events: [] } });
  expect((await desk.post('/v1/courses', { ...course, credits: 350 })).body.events).toEqual(['CoursePublished']);
  expect((await desk.get(`/v1/courses/${courseId}`)).body).toMatchObject({
    courseId,
    version: 2,
    credits: 350,
    versions: [{ version: 1, credits: 400 }, { version: 2 }],
  });
  const academy = await desk.as({ institution: 'academy' });
  expect((await academy.get(`/v1/courses/${courseId}`)).status).toBe(404);
  const bad = await desk.post('/v1/courses', { ...course, credits: 3.5, nature: 'boring', frameworkLevel: 8 });
  expect(fieldsOf(bad).toSorted()).toEqual(['credits WHOLE', 'frameworkLevel WHOLE', 'nature ONE_OF']);
});

it('versions a training program on a program of its own, and tells which one is in force for an entry', async () => {
  const { programId } = (await desk.post('/v1/programs', program)).body;
  const { courseId } = (await desk.post('/v1/courses', { ...course, code: 'EC102' })).body;
  const plan = {
    entriesFrom: '2025-09-01',
    requiredCredits: 14_000,
    modules: [module],
    courses: [{ courseId, module: 'platform', nature: 'compulsory' }],
  };
  const path = `/v1/programs/${programId}/plans`;
  expect(await desk.post(path, plan)).toMatchObject({ status: 201, body: { events: ['PlanVersioned'] } });
  expect((await desk.post(path, plan)).body.events).toEqual([]);
  expect((await desk.post(path, { ...plan, entriesFrom: '2026-09-01', requiredCredits: 14_400 })).status).toBe(201);
  const versionsFor = async (query: string): Promise<unknown> =>
    (await desk.get(`${path}${query}`)).body.items.map(({ version }: { version: number }) => version);
  expect(await versionsFor('')).toEqual([1, 2]);
  expect(await versionsFor('?entryDate=2025-08-31')).toEqual([]);
  expect(await versionsFor('?entryDate=2026-08-31')).toEqual([1]);
  expect(await versionsFor('?entryDate=2026-09-01')).toEqual([2]);
  expect((await desk.get(path)).body.items[0].courses).toEqual([
    {
      courseId,
      code: 'EC102',
      name,
      credits: 400,
      module: 'platform',
      nature: { code: 'compulsory', zh: '必修', en: 'compulsory' },
    },
  ]);
  expect((await desk.get('/v1/programs/5q8m2c7h1v0n4k3d/plans')).status).toBe(404);

  // What another institution has is not there.
  const academy = await desk.as({ institution: 'academy' });
  expect((await academy.post(path, plan)).status).toBe(404);
  const { programId: theirs } = (await academy.post('/v1/programs', program)).body;
  expect(await academy.post(`/v1/programs/${theirs}/plans`, plan)).toMatchObject({
    status: 409,
    body: { code: 'COURSE_UNKNOWN' },
  });
});

it('offers 4-4-2 as a template that is adopted as it stands', async () => {
  const { items } = (await desk.get('/v1/scheme-templates')).body;
  expect(items).toEqual([fourFourTwo]);
  const adopted = await desk.post('/v1/schemes', items[0]);
  expect(adopted).toMatchObject({ status: 201, body: { events: ['EvaluationSchemeAdopted'] } });
  expect((await desk.get(`/v1/schemes/${adopted.body.schemeId}`)).body).toMatchObject({ version: 1, ...fourFourTwo });
  const [first, ...rest] = fourFourTwo.components;
  expect(await desk.post('/v1/schemes', { ...fourFourTwo, components: [{ ...first, weight: 4001 }, ...rest] })).toMatchObject({
    status: 422,
    body: { code: 'SCHEME_WEIGHTS_WRONG' },
  });
  const bad = await desk.post('/v1/schemes', {
    ...fourFourTwo,
    components: [{ ...first, weight: 0, side: 'both' }],
    rounding: { mode: 'up', unit: 0 },
    scale: 'stars',
    passMark: 60.5,
  });
  expect(fieldsOf(bad).toSorted()).toEqual([
    'components.0.side ONE_OF',
    'components.0.weight WHOLE',
    'passMark WHOLE',
    'rounding.mode ONE_OF',
    'rounding.unit WHOLE',
    'scale ONE_OF',
  ]);
});

it('publishes a framework of seven levels by four categories', async () => {
  const descriptors = {
    'knowledge-and-skills': name,
    process: name,
    'application-autonomy-accountability': name,
    'communication-it-numeracy': name,
  };
  const levels = [7, 6, 5, 4, 3, 2, 1].map((level) => ({ level, descriptors }));
  expect((await desk.get('/v1/framework')).status).toBe(404);
  expect((await desk.post('/v1/framework', { name, levels })).status).toBe(201);
  expect((await desk.get('/v1/framework')).body.levels.map(({ level }: { level: number }) => level)).toEqual([
    1, 2, 3, 4, 5, 6, 7,
  ]);
  expect((await desk.post('/v1/framework', { name, levels: levels.slice(1) })).body.code).toBe('FRAMEWORK_LEVELS_WRONG');
  const { process: _process, ...three } = descriptors;
  expect(fieldsOf(await desk.post('/v1/framework', { name, levels: [{ level: 1, descriptors: three }] }))).toEqual([
    'levels.0.descriptors.process REQUIRED',
  ]);
});

it('has policies in force by default, and those that were adopted afterwards', async () => {
  expect((await desk.get('/v1/apprenticeship-policy')).body).toMatchObject(defaultApprenticeshipPolicy);
  expect((await desk.get('/v1/assessment-policy')).body).toMatchObject(defaultAssessmentPolicy);
  const strict = { ...defaultApprenticeshipPolicy, dualQualifiedMentor: true };
  expect((await desk.post('/v1/apprenticeship-policy', strict)).body.events).toEqual(['ApprenticeshipPolicyAdopted']);
  const quick = { ...defaultAssessmentPolicy, appealWorkingDays: 3 };
  expect((await desk.post('/v1/assessment-policy', quick)).body.events).toEqual(['AssessmentPolicyAdopted']);
  expect((await desk.get('/v1/apprenticeship-policy')).body).toMatchObject(strict);
  expect((await desk.get('/v1/assessment-policy')).body).toMatchObject(quick);
  expect((await desk.get('/v1/enrollment-policy')).body.recheckMonths).toBe(3);
  expect(await desk.post('/v1/apprenticeship-policy', { ...strict, sections: [] })).toMatchObject({
    status: 422,
    body: { code: 'POLICY_CONTRADICTS_ITSELF' },
  });
});
