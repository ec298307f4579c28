import type {
  Admission,
  EnrollmentEvent,
  EnrollmentStatus,
  ImportSource,
  LearnerEvent,
} from '../../libs/events/catalog/enrollment.ts';
import { defaultPolicy, type CalendarFact, type ClassFact, type ProgramFact } from '../../libs/facts/reference.ts';
import type { Contact, Identity } from '../../libs/kernel/personal.ts';
import { past, type Past } from './past.ts';

/** One learner's typical lives, as the past of an example. Everything lies in the academic year 2025/26. */
export const identity: Identity = {
  name: '陈晓',
  sex: 'female',
  birthDate: '2007-03-14',
  idType: 'resident-id',
  idNumber: '110101200703141227',
};
export const contact: Contact = { phone: '13800000000', email: 'chenxiao@example.edu' };

export const source: ImportSource = { run: 'run1', row: 1, fileDigest: 'file-digest', rowDigest: 'row-digest' };

export const admission: Admission = {
  learnerId: 'chen',
  programId: 'ecommerce',
  entryDate: '2025-09-01',
  intake: 'ordinary',
  level: 'junior-college',
  lengthOfStudyMonths: 36,
  studyForm: 'full-time',
  branch: null,
  department: '商贸学院',
  classId: null,
  expectedGraduation: '2028-07-01',
  entranceScore: 45_000,
};

export const program: NonNullable<ProgramFact> = {
  code: '530701',
  name: { zh: '电子商务', en: 'E-commerce' },
  level: 'junior-college',
  lengthOfStudyMonths: 36,
  entranceScore: 40_000,
};

export const administrative: ClassFact = { kind: 'administrative', name: '电商2501', closed: false };

const year = (first: number): NonNullable<CalendarFact>['years'][number] => ({
  name: `${first}-${first + 1}`,
  from: `${first}-09-01`,
  to: `${first + 1}-08-31`,
  terms: [
    { name: `${first}-1`, from: `${first}-09-01`, to: `${first + 1}-01-18` },
    { name: `${first}-2`, from: `${first + 1}-02-23`, to: `${first + 1}-07-10` },
  ],
});
export const calendar: NonNullable<CalendarFact> = { years: [year(2025), year(2026)], holidays: [] };

export const facts = { program, class: administrative, calendar, policy: defaultPolicy };

type History = readonly Past<EnrollmentEvent>[];

// ── an enrollment's lives, state by state ──────────────────────────────────────────────────────────────────────────────────

export const admitted = (said: Partial<Admission> = {}): History => [
  past('2025-08-20', { type: 'LearnerAdmitted', data: { ...admission, ...said, source: null } }),
];
export const placeDeclined = (): History => [...admitted(), past('2025-09-15', { type: 'PlaceDeclined', data: {} })];
export const placeRetained = (): History => [
  ...admitted(),
  past('2025-08-25', { type: 'PlaceRetained', data: { until: '2026-09-01' } }),
];
export const registered = (said: Partial<Admission> = {}): History => [
  ...admitted(said),
  past('2025-09-01', {
    type: 'StudentRegistered',
    data: { studentNumber: '20250101', classId: 'class-a', recheckDueBy: '2025-12-01', source: null },
  }),
];
export const suspended = (): History => [
  ...registered(),
  past('2025-12-01', {
    type: 'StudySuspended',
    data: { ground: 'illness', until: '2026-12-01', appliedOn: '2025-11-20' },
  }),
];
export const statusRetained = (): History => [
  ...registered(),
  past('2025-12-01', { type: 'StatusRetained', data: { ground: 'military-service', until: '2027-12-01' } }),
];
export const withdrawn = (): History => [
  ...registered(),
  past('2026-01-15', { type: 'StudentWithdrawn', data: { ground: 'own-application' } }),
];
export const expelled = (): History => [
  ...registered(),
  past('2026-01-15', { type: 'StudentExpelled', data: { decisionNumber: '2026-7' } }),
];
export const deceased = (): History => [...registered(), past('2026-01-15', { type: 'StudentDeceased', data: {} })];
export const transferredOut = (): History => [
  ...registered(),
  past('2026-02-20', { type: 'StudentTransferredOut', data: { toSchool: '第二职业学院', ground: 'illness' } }),
];
export const graduated = (): History => [
  ...registered(),
  past('2026-02-20', { type: 'StudentGraduated', data: { creditsAttested: true } }),
];
export const leftIncomplete = (): History => [...registered(), past('2026-02-20', { type: 'StudyLeftIncomplete', data: {} })];
export const completed = (convertibleUntil = '2028-02-20'): History => [
  ...registered(),
  past('2026-02-20', { type: 'StudyCompleted', data: { convertibleUntil } }),
];
export const revoked = (): History => [
  ...registered(),
  past('2026-02-20', { type: 'RegistrationRevoked', data: { requestId: 'q', ground: 'fraud' } }),
];
export const annulled = (): History => [
  ...admitted(),
  past('2025-08-20', { type: 'AdmissionAnnulled', data: { requestId: 'q', target: '0' } }, { recorded: '2025-09-10' }),
];
export const imported = (
  status: EnrollmentStatus,
  said: Partial<Extract<EnrollmentEvent, { type: 'EnrollmentImported' }>['data']> = {},
): History => [
  past('2025-09-01', {
    type: 'EnrollmentImported',
    data: {
      ...admission,
      status,
      suspension: status === 'suspended' ? 'suspension' : null,
      statusDate: '2025-09-01',
      studentNumber: '20230007',
      convertibleUntil: status === 'completed' ? '2027-09-01' : null,
      source,
      ...said,
    },
  }),
];
export const locked = (history: History): History => [...history, past('2026-03-01', { type: 'RecordLocked', data: {} })];

/** One history for each state that an enrollment can be in. */
export const histories: Readonly<Record<EnrollmentStatus, () => History>> = {
  admitted,
  'place-declined': placeDeclined,
  'place-retained': placeRetained,
  annulled,
  registered,
  suspended,
  completed,
  graduated,
  incomplete: leftIncomplete,
  withdrawn,
  expelled,
  'transferred-out': transferredOut,
  revoked,
  deceased,
};

// ── a learner ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const identified = (idClaim: string | null = 'claim-old'): readonly Past<LearnerEvent>[] => [
  past('2025-08-01', { type: 'LearnerIdentified', data: { identity, contact, idClaim, source: null } }),
];
export const opened = (enrollmentId = 'e1', at = '2025-08-20'): Past<LearnerEvent> =>
  past(at, {
    type: 'EnrollmentOpened',
    data: { enrollmentId, programId: 'ecommerce', entryDate: '2025-09-01', commandId: `admit-${enrollmentId}` },
  });
export const closed = (enrollmentId = 'e1', status = 'withdrawn', at = '2026-01-15'): Past<LearnerEvent> =>
  past(at, { type: 'EnrollmentClosed', data: { enrollmentId, status } });
