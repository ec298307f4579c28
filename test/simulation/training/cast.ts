import { courseIdOf, schemeIdOf } from '../../../libs/facts/curriculum.ts';
import { organizationIdOf } from '../../../libs/facts/organization.ts';
import { teacherIdOf } from '../../../libs/facts/teacher.ts';
import { classIdOf } from '../../../libs/contexts/enrollment/class.ts';
import { programIdOf } from '../../../libs/contexts/curriculum/program.ts';
import { registrar, type Caller } from '../orders.ts';

/** Who lives in a world of training: one college, two enterprises, three apprentices. */
export const college = 'east';

export const registrars: readonly Caller[] = [registrar('zhang', college), registrar('li', college), registrar('wang', college)];

/** The last one is a minor when a world begins. */
export const apprentices = [
  { learnerId: 'ann', enrollmentId: 'ann1', birthDate: '2006-03-01' },
  { learnerId: 'bo', enrollmentId: 'bo1', birthDate: '2005-11-20' },
  { learnerId: 'cy', enrollmentId: 'cy1', birthDate: '2009-02-14' },
] as const;

export const apprentice = (learnerId: string): Caller => ({
  personId: `sub-${learnerId}`,
  role: 'learner',
  organizationId: null,
  institutionId: college,
});
export const guardian: Caller = { personId: 'sub-mother', role: 'guardian', organizationId: null, institutionId: college };

const codes = ['91330000ALPHA00001', '91330000BETA000002'] as const;
export const enterprises = codes.map((creditCode, i) => ({
  creditCode,
  organizationId: organizationIdOf(college, creditCode),
  name: i === 0 ? { zh: '甲公司', en: 'Alpha' } : { zh: '乙公司', en: 'Beta' },
}));
const [alpha, beta] = enterprises.map(({ organizationId }) => organizationId) as [string, string];

export const enterprise = (organizationId: string): Caller => ({
  personId: organizationId === alpha ? 'hr-alpha' : 'hr-beta',
  role: 'enterprise',
  organizationId,
  institutionId: college,
});

/** Two school mentors, two mentors of the one enterprise and two of the other. */
export const teachers = [
  { staffNumber: 'T1', side: 'school', organizationId: null, account: 'sub-tan' },
  { staffNumber: 'T2', side: 'school', organizationId: null, account: 'sub-wen' },
  { staffNumber: 'A1', side: 'enterprise', organizationId: alpha, account: 'sub-ma' },
  { staffNumber: 'A2', side: 'enterprise', organizationId: alpha, account: 'sub-mo' },
  { staffNumber: 'B1', side: 'enterprise', organizationId: beta, account: 'sub-bai' },
  { staffNumber: 'B2', side: 'enterprise', organizationId: beta, account: 'sub-bei' },
].map((one) => ({
  ...one,
  side: one.side as 'school' | 'enterprise',
  teacherId: teacherIdOf(college, one.organizationId, one.staffNumber),
}));

export const teacher = (personId: string): Caller => ({
  personId,
  role: 'teacher',
  organizationId: null,
  institutionId: college,
});

/** Accounts that teach the class, besides the school's mentors. */
export const classTeachers = ['sub-tan', 'sub-wen', 'sub-wu'] as const;

export const programId = programIdOf(college, '530701', 'junior-college');
export const term = { academicYear: '2026-2027', term: '2026-2027-1' } as const;
export const classId = classIdOf(college, '网店运营1班', term.term);
export const administrativeClass = classIdOf(college, '电商2501');

/** The first is taught in the class and named by contracts; the second is scored in no class, by codes alone. */
export const courses = ['EC101', 'EC102'].map((code) => ({ code, courseId: courseIdOf(college, code) }));

/** 4-4-2 by two sides, and one of grades with an improvement by the school alone. */
export const schemes = ['4-4-2', 'progress'].map((code) => ({ code, schemeId: schemeIdOf(college, code) }));

/** Sections that the college's policy asks for. */
export const sections = ['safety', 'pay'] as const;

/** Days of what the enterprises offer: they overlap, and one of them is over soon. */
export const spans = [
  { from: '2026-09-01', to: '2026-12-31' },
  { from: '2026-09-01', to: '2026-09-02' },
  { from: '2026-09-03', to: '2027-01-31' },
  { from: '2026-12-01', to: '2027-03-31' },
] as const;
export const openingSpan = { from: '2026-07-01', to: '2027-06-30' } as const;
