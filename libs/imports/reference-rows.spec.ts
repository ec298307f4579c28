import { describe, expect, it } from '@jest/globals';
import { teacherFact, teacherIdOf } from '../facts/teacher.ts';
import type { CourseRow } from '../intake/courses.ts';
import { unnamedCertificate, type MentorRow } from '../intake/mentors.ts';
import type { OrganizationRow } from '../intake/organizations.ts';
import { outcomes, world } from './imports.fixture.ts';

describe('courses', () => {
  const course: CourseRow = {
    row: 2,
    code: 'DS101',
    name: { zh: '网店运营', en: 'Shop Operation' },
    credits: 350,
    hours: 56,
    nature: 'compulsory',
  };

  it('are published once; other content is a new version, which the answer says', async () => {
    const { take } = world();
    expect(outcomes(await take('courses', [course, { ...course, row: 3 }]))).toEqual(['published', 'unchanged']);
    expect(outcomes(await take('courses', [course], 'courses-2'))).toEqual(['unchanged']);
    const next = { ...course, credits: 400 };
    expect(outcomes(await take('courses', [next], 'courses-3', { dryRun: true }))).toEqual(['versioned']);
    expect(outcomes(await take('courses', [next], 'courses-3'))).toEqual(['versioned']);
    expect(outcomes(await take('courses', [next], 'courses-3'))).toEqual(['versioned']);
    expect(outcomes(await take('courses', [next], 'courses-4'))).toEqual(['unchanged']);
  });

  it('of one sheet that disagree about a code are no two versions', async () => {
    const { take } = world();
    const answers = await take('courses', [course, { ...course, row: 3, credits: 300 }]);
    expect(outcomes(answers)).toEqual(['published', 'ROW_DIFFERS']);
    expect(answers[1]!.refusal!.facts).toEqual({ differences: [{ field: 'credits', old: 350, new: 300 }] });
  });
});

const organization: OrganizationRow = {
  row: 2,
  creditCode: '91330100799655058B',
  name: { zh: '江南电子商务有限公司', en: 'Jiangnan' },
  kind: 'enterprise',
};

describe('organizations', () => {
  it('are registered once under their code; other content is refused with old and new', async () => {
    const { take } = world();
    expect(outcomes(await take('organizations', [organization]))).toEqual(['registered']);
    expect(outcomes(await take('organizations', [organization], 'organizations-2'))).toEqual(['unchanged']);
    const [answer] = await take('organizations', [{ ...organization, kind: 'school' }], 'organizations-3');
    expect(answer!.refusal).toEqual({
      refused: 'ROW_DIFFERS',
      facts: { differences: [{ field: 'kind', old: 'enterprise', new: 'school' }] },
    });
  });

  it('are rehearsed', async () => {
    const { take, store } = world();
    const head = await store.head();
    const rows = [organization, { ...organization, row: 3 }, { ...organization, row: 4, kind: 'school' as const }];
    expect(outcomes(await take('organizations', rows, 'o', { dryRun: true }))).toEqual([
      'registered',
      'unchanged',
      'ROW_DIFFERS',
    ]);
    expect(await store.head()).toBe(head);
  });
});

describe('teachers and mentors', () => {
  const mentor: MentorRow = {
    row: 2,
    staffNumber: 'E01',
    name: '周强',
    side: 'enterprise',
    organization: '江南 电子商务有限公司',
    title: '运营主管',
    phone: '13900000001',
  };
  const teacher: MentorRow = { row: 3, staffNumber: 'E01', name: '赵敏', side: 'school', certificate: '高级电子商务师' };
  const opened = async () => {
    const here = world();
    const [registered] = await here.take('organizations', [organization]);
    expect(registered!.outcome).toBe('registered');
    const known = async (organizationId: string | null) =>
      (await here.transactor.load(teacherFact(teacherIdOf('college', organizationId, 'E01')))).state;
    return { ...here, known };
  };

  it('are registered under organization and staff number, and double-qualified where the sheet says by what', async () => {
    const { take, known, codec } = await opened();
    expect(outcomes(await take('mentors', [mentor, teacher]))).toEqual(['registered', 'registered']);
    const state = await known(null);
    expect(state).toMatchObject({ side: 'school', organizationId: null, certificates: ['高级电子商务师'], dualQualified: true });
    expect(codec.reveal(state.profile)).toEqual({ name: '赵敏' });
  });

  it('of before are taken once; a row that adds a certificate grants it', async () => {
    const { take, known } = await opened();
    await take('mentors', [mentor, teacher]);
    expect(outcomes(await take('mentors', [mentor, teacher]))).toEqual(['registered', 'registered']);
    expect(outcomes(await take('mentors', [mentor, teacher], 'mentors-2'))).toEqual(['unchanged', 'unchanged']);
    const unnamed = { ...teacher, certificate: unnamedCertificate };
    expect(outcomes(await take('mentors', [unnamed], 'mentors-3'))).toEqual(['unchanged']);
    const further = { ...teacher, certificate: '物流师' };
    expect(outcomes(await take('mentors', [further], 'mentors-4'))).toEqual(['qualified']);
    expect((await known(null)).certificates).toEqual(['高级电子商务师', '物流师']);
  });

  it('are found by the credit code as well', async () => {
    const { take } = await opened();
    await take('mentors', [mentor]);
    const coded = { ...mentor, organization: organization.creditCode };
    expect(outcomes(await take('mentors', [coded], 'mentors-2'))).toEqual(['unchanged']);
  });

  it('that say something else are refused with old and new; a blank cell denies nothing', async () => {
    const { take } = await opened();
    await take('mentors', [mentor]);
    const { phone: _phone, title: _title, ...bare } = mentor;
    expect(outcomes(await take('mentors', [bare], 'mentors-2'))).toEqual(['unchanged']);
    const [answer] = await take('mentors', [{ ...mentor, name: '周强强', phone: '13900000002' }], 'mentors-3');
    expect(answer!.refusal!.facts).toEqual({
      differences: [
        { field: 'name', old: '周强', new: '周强强' },
        { field: 'phone', old: '13900000001', new: '13900000002' },
      ],
    });
  });

  it('of an organization that nobody knows, that is none of enterprises, or that two may be, are refused', async () => {
    const { take } = await opened();
    await take(
      'organizations',
      [
        { row: 2, creditCode: '91350100M000100Y43', name: { zh: '协会' }, kind: 'association' },
        { row: 3, creditCode: '12100000400006268J', name: { zh: '江南电子商务有限公司', en: 'Other' }, kind: 'enterprise' },
      ],
      'organizations-2',
    );
    const answers = await take('mentors', [
      { ...mentor, organization: '没有的公司' },
      { ...mentor, row: 3, organization: '协会' },
      mentor,
    ]);
    expect(outcomes(answers)).toEqual(['ORGANIZATION_UNKNOWN', 'ORGANIZATION_NOT_ENTERPRISE', 'ORGANIZATION_AMBIGUOUS']);
  });

  it('are rehearsed', async () => {
    const { take, store } = await opened();
    const head = await store.head();
    expect(outcomes(await take('mentors', [teacher, { ...teacher, row: 4 }], 'm', { dryRun: true }))).toEqual([
      'registered',
      'unchanged',
    ]);
    expect(await store.head()).toBe(head);
  });
});
