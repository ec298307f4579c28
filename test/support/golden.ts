import { createMemoryKeyVault } from '../../libs/adapters/memory/key-vault.ts';
import { termsFrom } from '../../libs/contexts/apprenticeship/terms.ts';
import { fourFourTwo } from '../../libs/contexts/curriculum/scheme.ts';
import { catalog, type LedgerEvent, type LedgerEventType } from '../../libs/events/events.ts';
import type { Envelope } from '../../libs/kernel/decider.ts';
import { eventId } from '../../libs/kernel/ids.ts';
import { purposes } from '../../libs/kernel/purposes.ts';
import type { KeyVault } from '../../libs/ports/key-vault.ts';
import { day, institutionId, registrar } from './past.ts';
import { admission, calendar, contact, identity, program, source } from './histories.ts';

/** An event as some release wrote it. A golden file is made of it once, and is the truth from then on. */
export interface Example {
  readonly type: LedgerEventType;
  readonly version: number;
  readonly stream: string;
  readonly subjectId: string | null;
  readonly data: object;
  readonly reasonText?: string;
}

const subject = 'chen';

/** A vault whose keys follow from a fixed seed, so that golden files open for ever. */
export async function goldenVault(): Promise<KeyVault> {
  const vault = createMemoryKeyVault({ seed: 'golden files' });
  for (const purpose of purposes) await vault.obtain(subject, purpose);
  return vault;
}

type DataOf<T extends LedgerEventType> = Extract<LedgerEvent, { type: T }>['data'];

const request = { requestId: 'q7', target: '2' } as const;
const { learnerId: _her, ...admitted } = admission;
const admissionData = { learnerId: subject, ...admitted };
const guardian = { name: '王芳', relation: 'mother', phone: '13700000000' };

const result = { score: 8550, grade: null, code: null, passed: true, capped: false } as const;

const terms = termsFrom(
  {
    from: '2026-09-01',
    to: '2027-06-30',
    post: { zh: '电商运营', en: 'E-commerce operations' },
    plan: { programId: 'p1', version: 2, courseIds: ['k1', 'k2'] },
    sections: [
      { code: 'safety', text: '学徒在岗期间遵守安全操作规程。' },
      { code: 'pay', text: '学徒津贴每月 2400 元。' },
    ],
  },
  'salt-of-c1',
);
const { texts, ...openTerms } = terms;

/** Realistic content of the present version of every type: a new type or version does not compile without one. */
const present: { readonly [T in LedgerEventType]: readonly [stream: string, data: DataOf<T>, reasonText?: string] } = {
  RecordRead: [
    'access-chen',
    { route: 'GET /enrollments/:id', query: { effectiveAsOf: '2026-01-01' }, subjects: 1, right: 'institution' },
  ],
  CommandAbandoned: ['enrollment-e1', { commandId: 'command-17' }],
  ClaimTaken: ['claim-college-student-number-x', { kind: 'student-number', owner: 'enrollment-e1', commandId: 'command-17' }],
  ClaimReleased: ['claim-college-student-number-x', { owner: 'enrollment-e1' }],
  ApprovalRequested: [
    'learner-chen',
    {
      requestId: 'q7',
      act: 'CorrectIdentity',
      against: 'identity@0',
      target: '0',
      targetEffectiveAt: day('2025-08-20'),
      proposal: { idClaim: 'claim-new', oldIdClaim: 'claim-old' },
      personal: { old: identity, new: { ...identity, name: '陈晓晓' } },
      evidence: ['户籍证明 2026-14'],
    },
    '户口簿登记有误',
  ],
  ApprovalGranted: ['learner-chen', { requestId: 'q7', digest: 'digest-of-the-request' }],
  ApprovalRefused: ['learner-chen', { requestId: 'q7' }],
  ApprovalStale: ['learner-chen', { requestId: 'q7', now: 'identity@3' }],
  LearnerIdentified: ['learner-chen', { identity, contact, idClaim: 'claim-college-id-number-x', source }],
  IdentityCorrected: [
    'learner-chen',
    {
      ...request,
      target: '0',
      change: { old: identity, new: { ...identity, name: '陈晓晓' } },
      idClaim: 'claim-college-id-number-x',
    },
  ],
  ContactChanged: ['learner-chen', { contact }],
  GuardianLinked: ['learner-chen', { guardianId: 'wang', guardian }],
  GuardianUnlinked: ['learner-chen', { guardianId: 'wang' }],
  LearnerAnnulled: ['learner-chen', {}],
  EnrollmentOpened: [
    'learner-chen',
    { enrollmentId: 'e1', programId: admission.programId, entryDate: '2025-09-01', commandId: 'command-17' },
  ],
  EnrollmentClosing: ['learner-chen', { enrollmentId: 'e1', commandId: 'command-17' }],
  EnrollmentClosingDropped: ['learner-chen', { enrollmentId: 'e1' }],
  EnrollmentClosed: ['learner-chen', { enrollmentId: 'e1', status: 'withdrawn' }],
  PeriodHeld: ['learner-chen', { holder: 'selection-s1', from: '2026-03-01', to: '2026-08-31', commandId: 'command-17' }],
  PeriodReleased: ['learner-chen', { holder: 'selection-s1' }],
  HoldPlaced: ['learner-chen', { holdId: 'h1', kind: 'clawback' }],
  HoldLifted: ['learner-chen', { holdId: 'h1' }],
  PersonalDataErased: ['learner-chen', { requestId: 'q7', purposes: ['contact'], legalBasis: 'PIPL-47' }],
  LearnerAdmitted: ['enrollment-e1', { ...admissionData, source }],
  EnrollmentImported: [
    'enrollment-e1',
    {
      ...admissionData,
      status: 'completed',
      suspension: null,
      statusDate: '2022-07-01',
      studentNumber: '20190007',
      convertibleUntil: '2024-07-01',
      source,
    },
  ],
  StudentTransferredIn: [
    'enrollment-e1',
    { ...admissionData, fromSchool: '第二职业学院', studentNumber: '20260001', recheckDueBy: '2026-06-10' },
  ],
  PlaceDeclined: ['enrollment-e1', {}],
  PlaceRetained: ['enrollment-e1', { until: '2026-09-01' }],
  AdmissionAnnulled: ['enrollment-e1', { requestId: 'q7', target: '0' }],
  StatusChangeAnnulled: [
    'enrollment-e1',
    { requestId: 'q7', target: '4', run: 'run1', annulled: 'StudySuspended', status: 'registered' },
  ],
  StudentRegistered: [
    'enrollment-e1',
    { studentNumber: '20250101', classId: 'class-a', recheckDueBy: '2025-12-01', source: null },
  ],
  AdmissionRecheckPassed: ['enrollment-e1', {}],
  RegistrationRevoked: ['enrollment-e1', { requestId: 'q7', ground: 'fraud' }],
  AnnualRegistrationRecorded: ['enrollment-e1', { academicYear: '2025-2026' }],
  StudySuspended: ['enrollment-e1', { ground: 'illness', until: '2026-12-01', appliedOn: '2025-11-20' }, '骨折，附医院证明'],
  StatusRetained: ['enrollment-e1', { ground: 'military-service', until: '2027-12-01' }],
  StudyResumed: ['enrollment-e1', { appliedOn: '2026-11-20', classId: 'class-b' }],
  MajorChanged: ['enrollment-e1', { fromProgramId: 'ecommerce', programId: 'logistics', classId: null }],
  ClassChanged: ['enrollment-e1', { fromClassId: 'class-a', classId: 'class-b' }],
  StudentTransferredOut: ['enrollment-e1', { toSchool: '第三职业学院', ground: 'hardship' }],
  StudentWithdrawn: ['enrollment-e1', { ground: 'medically-unable' }, '长期住院'],
  WithdrawalReverted: ['enrollment-e1', request],
  StudentExpelled: ['enrollment-e1', { decisionNumber: '校纪〔2026〕7号' }],
  StudentDeceased: ['enrollment-e1', {}],
  StudentGraduated: ['enrollment-e1', { creditsAttested: true }],
  StudyLeftIncomplete: ['enrollment-e1', {}],
  StudyCompleted: ['enrollment-e1', { convertibleUntil: '2028-02-20' }],
  EnrollmentCorrected: ['enrollment-e1', { ...request, field: 'until', old: '2026-12-01', new: '2026-06-01' }],
  RecordLocked: ['enrollment-e1', {}],
  ClassFormed: [
    'class-c1',
    { kind: 'teaching', name: '统计基础', programId: 'ecommerce', course: 'statistics@1', term: '2025-1' },
  ],
  TeacherAssignedToClass: ['class-c1', { teacherId: 'li' }],
  RosterChanged: ['class-c1', { added: ['e1', 'e2'], removed: ['e3'] }],
  ClassClosed: ['class-c1', {}],
  ImportStarted: ['import-run1', { kind: 'roster', fileDigest: 'file-digest', options: { formClasses: true }, ordinal: 1 }],
  ImportFinished: ['import-run1', { rows: 3, taken: 1, unchanged: 1, refused: 1 }],
  ImportUndone: ['import-run1', { requestId: 'q7' }],
  ImportRowsUndone: [
    'import-run1',
    { requestId: 'q7', takenBack: [2, 3], kept: [{ row: 4, code: 'CHANGED_SINCE', since: ['ContactChanged'] }] },
  ],
  ImportUndoFinished: ['import-run1', { requestId: 'q7', takenBack: 2, kept: 1 }],
  ProgramPublished: ['program-p1', program],
  PlanVersioned: [
    'program-p1',
    {
      version: 1,
      entriesFrom: '2025-09-01',
      requiredCredits: 14_000,
      modules: [
        { code: 'platform', name: { zh: '共享平台', en: 'Shared platform' }, kind: 'shared', requiredCredits: 6000 },
        { code: 'operations', name: { zh: '店铺运营', en: 'Shop operations' }, kind: 'specialized', requiredCredits: 5000 },
        { code: 'live-commerce', name: { zh: '直播电商', en: 'Live commerce' }, kind: 'expansion', requiredCredits: 2000 },
      ],
      courses: [
        { courseId: 'c1', module: 'platform', nature: 'compulsory' },
        { courseId: 'c2', module: 'live-commerce', nature: 'elective' },
      ],
    },
  ],
  CoursePublished: [
    'course-c1',
    {
      version: 1,
      code: 'EC101',
      name: { zh: '电子商务基础', en: 'Introduction to E-commerce' },
      credits: 400,
      hours: 64,
      nature: 'compulsory',
      category: '专业基础课',
      module: '共享平台',
      frameworkLevel: 4,
    },
  ],
  EvaluationSchemeAdopted: ['scheme-s1', { version: 1, ...fourFourTwo }],
  FrameworkPublished: [
    'framework-college',
    {
      name: { zh: '职业教育资历框架', en: 'Qualifications framework for vocational education' },
      levels: [1, 2, 3, 4, 5, 6, 7].map((level) => ({
        level,
        descriptors: {
          'knowledge-and-skills': { zh: `${level}级知识与技能`, en: `Knowledge and skills of level ${level}` },
          process: { zh: `${level}级过程`, en: `Process of level ${level}` },
          'application-autonomy-accountability': { zh: `${level}级自主与责任`, en: `Autonomy of level ${level}` },
          'communication-it-numeracy': { zh: `${level}级沟通与运算`, en: `Communication of level ${level}` },
        },
      })),
    },
  ],
  ProgramGroupFormed: ['group-g1', { name: { zh: '电商专业群', en: 'E-commerce group' }, programIds: ['p1', 'p2'] }],
  ProgramJoinedGroup: ['group-g1', { programId: 'p3' }],
  CalendarPublished: [
    'calendar-college',
    { ...calendar, holidays: [{ name: { zh: '国庆节', en: 'National Day' }, from: '2025-10-01', to: '2025-10-07' }] },
  ],
  EnrollmentPolicyAdopted: [
    'policy-college',
    { recheckMonths: 3, conversionMonths: 24, transferGrounds: ['illness', 'hardship'], eraseRegisteredIdentities: false },
  ],
  ApprenticeshipPolicyAdopted: [
    'policy-college',
    {
      minimumAge: 16,
      adultAge: 18,
      insuranceRequired: true,
      dualQualifiedMentor: false,
      sections: ['training-plan', 'duties', 'pay', 'safety'],
    },
  ],
  AssessmentPolicyAdopted: [
    'policy-college',
    {
      appealWorkingDays: 5,
      makeUpAfterCheating: false,
      average: {
        attempt: 'best',
        failed: 'counted',
        gradeScores: { excellent: 9500, good: 8500, medium: 7500, pass: 6500, fail: 5000 },
        rounding: { mode: 'half-up', unit: 1 },
      },
    },
  ],
  TeacherRegistered: [
    'teacher-t1',
    {
      side: 'enterprise',
      organizationId: 'o1',
      staffNumber: 'E0042',
      profile: { name: '周明', title: '仓储主管' },
      contact: { phone: '13900000000' },
      source,
    },
  ],
  TeacherAccountLinked: ['teacher-t1', { personId: 'mentor-1' }],
  DualQualificationGranted: ['teacher-t1', { certificate: '高级双师型 2026-17', evidence: ['闽教师〔2026〕8号'] }],
  EnterprisePracticeRecorded: ['teacher-t1', { organizationId: 'o1', from: '2026-01-05', to: '2026-02-13', days: 30 }],
  EarlyWarningRaised: ['teacher-t1', { ground: 'appraisal-below-standard' }, '两次考核低于标准'],
  ImprovementPlanned: ['teacher-t1', { until: '2026-09-30' }],
  TeacherSuspended: ['teacher-t1', { ground: 'under-investigation' }],
  TeacherWithdrawn: ['teacher-t1', { ground: 'left-the-enterprise' }],
  TeacherReinstated: ['teacher-t1', { ground: 'improved' }],
  AttemptOpened: [
    'attempt-a1',
    {
      learnerId: subject,
      enrollmentId: 'e1',
      courseId: 'course-1',
      courseVersion: 2,
      credits: 400,
      kind: 'make-up',
      number: 2,
      follows: 'a0',
      schemeId: 'scheme-442',
      schemeVersion: 1,
      academicYear: '2025-2026',
      term: '2025-1',
      classId: 'c1',
      contractId: 'k1',
      final: false,
      mode: 'in-person',
    },
  ],
  ComponentScored: [
    'attempt-a1',
    { component: 'practical-training', part: 'score', score: 8550, assessor: 'mentor-1', side: 'enterprise', third: false },
  ],
  ResultSubmitted: [
    'attempt-a1',
    {
      result: { ...result, score: 6000, capped: true },
      components: [
        { component: 'exam', score: 8000, weight: 4000 },
        { component: 'practical-training', score: 8550, weight: 4000 },
        { component: 'defense', score: 7900, weight: 2000 },
      ],
    },
  ],
  ResultModerated: ['attempt-a1', { result }, '答辩成绩漏加'],
  ResultPublished: ['attempt-a1', { result, credits: 400, appealUntil: '2026-03-09' }],
  AppealFiled: ['attempt-a1', { appealId: 'p3' }, '实训成绩与现场评分不符'],
  AppealUpheld: ['attempt-a1', { appealId: 'p3', result: { ...result, score: 8800 } }, '经复查，漏计一项'],
  AppealDismissed: ['attempt-a1', { appealId: 'p3' }, '经复查，评分无误'],
  ResultFinalized: ['attempt-a1', { result: { ...result, score: 9200, grade: 'excellent' }, credits: 400 }],
  AttemptVoided: ['attempt-a1', { ground: 'misconduct' }, '携带手机进入考场'],
  GradeCorrected: [
    'attempt-a1',
    {
      ...request,
      field: 'result',
      old: result,
      new: { ...result, score: null, code: 'cheating', passed: false },
      consequence: 'reverses-credit',
    },
    '录入错误',
  ],
  ResultImported: [
    'attempt-a2',
    {
      learnerId: subject,
      enrollmentId: 'e1',
      courseId: null,
      courseCode: 'EC101',
      courseName: { zh: '网店运营', en: 'Online shop operation' },
      credits: 400,
      nature: '必修',
      category: '专业课',
      kind: 'first',
      order: 1,
      academicYear: '2024-2025',
      term: '1',
      result: { ...result, score: null, grade: 'good' },
      components: [{ name: '平时成绩', score: 7000 }],
      voided: false,
      teachingClass: '网店运营1班',
      source,
    },
  ],
  OpeningPublished: [
    'opening-o1',
    {
      organizationId: 'o1',
      post: { zh: '电商运营', en: 'E-commerce operations' },
      programIds: ['p1', 'p2'],
      places: 12,
      from: '2026-09-01',
      to: '2027-06-30',
      closesOn: '2026-08-15',
    },
  ],
  OpeningClosed: ['opening-o1', {}],
  ApplicationSubmitted: [
    'selection-s1',
    {
      openingId: 'o1',
      organizationId: 'o1',
      learnerId: subject,
      enrollmentId: 'e1',
      statement: '愿意学习直播运营。',
    },
  ],
  ApplicationScreened: ['selection-s1', {}],
  ApplicantAssessed: ['selection-s1', { by: 'enterprise', score: 8600, recommended: true }],
  OfferMade: [
    'selection-s1',
    {
      post: { zh: '电商运营', en: 'E-commerce operations' },
      from: '2026-09-01',
      to: '2027-06-30',
      expiresAt: '2026-08-25T15:59:59.999Z',
    },
  ],
  OfferAccepted: ['selection-s1', {}],
  OfferDeclined: ['selection-s1', {}],
  OfferExpired: ['selection-s1', {}],
  ApplicationRejected: ['selection-s1', { by: 'enterprise' }],
  ApplicationWithdrawn: ['selection-s1', {}],
  ContractDrafted: [
    'contract-c1',
    { learnerId: subject, enrollmentId: 'e1', organizationId: 'o1', ...terms, selectionId: 's1', guardianNeeded: true },
  ],
  ContractTermsRevised: ['contract-c1', { ...terms, changed: ['safety'], guardianNeeded: true }],
  ContractSectionConfirmed: ['contract-c1', { party: 'guardian', section: 'safety', digest: openTerms.sections[0]!.digest }],
  ContractSigned: [
    'contract-c1',
    { party: 'guardian', termsDigest: openTerms.termsDigest, medium: 'paper', evidence: '档案 2026-114' },
  ],
  ContractConcluded: ['contract-c1', {}],
  ContractCancelled: ['contract-c1', { ground: 'post-gone' }],
  InternshipInsuranceRecorded: [
    'contract-c1',
    { insurer: '平安财产保险', policy: 'SX2026-000123', from: '2026-09-01', to: '2027-08-31' },
  ],
  MentorAssigned: ['contract-c1', { side: 'school', teacherId: 't1' }],
  MentorReplaced: ['contract-c1', { side: 'enterprise', oldTeacherId: 't2', teacherId: 't3' }],
  ContractStarted: ['contract-c1', { startedOn: '2026-09-01' }],
  ContractSuspended: ['contract-c1', { ground: 'illness' }],
  ContractResumed: ['contract-c1', {}],
  AmendmentProposed: [
    'contract-c1',
    {
      amendmentId: 'm1',
      by: 'enterprise',
      terms: openTerms,
      texts,
      changed: ['pay'],
      guardianNeeded: false,
      expiresAt: '2026-12-31T15:59:59.999Z',
    },
  ],
  AmendmentConsented: ['contract-c1', { amendmentId: 'm1', party: 'apprentice', termsDigest: openTerms.termsDigest }],
  AmendmentApproved: ['contract-c1', { amendmentId: 'm1' }],
  AmendmentRejected: ['contract-c1', { amendmentId: 'm1', party: 'apprentice' }],
  AmendmentCancelled: ['contract-c1', { amendmentId: 'm1' }],
  AmendmentExpired: ['contract-c1', { amendmentId: 'm1' }],
  ContractTerminated: [
    'contract-c1',
    { ground: 'transfer', noticeGivenOn: '2026-11-20', notice: '通知书 2026-31', endedOn: '2026-11-30' },
    '学生希望转至离家较近的企业',
  ],
  TerminationReversed: ['contract-c1', { requestId: 'r1', target: '12' }],
  ContractContinued: ['contract-c1', { continuationOf: 'c0', originalStart: '2026-09-01' }],
  TrainingLogRecorded: [
    'contract-c1',
    {
      week: '2026-09-07',
      hours: 3850,
      workOrders: [
        { number: 'WO-2026-0917', task: '直播间排班' },
        { number: null, task: '仓库盘点' },
      ],
    },
  ],
  TrainingLogConfirmed: ['contract-c1', { week: '2026-09-07', teacherId: 't2' }],
  GatewaySigned: ['contract-c1', { party: 'school' }],
  ContractCompleted: ['contract-c1', { endedOn: '2027-06-30' }],
  ContractImported: [
    'contract-c1',
    {
      learnerId: subject,
      enrollmentId: 'e1',
      organizationId: 'o1',
      agreementNumber: 'XT-2024-031',
      status: 'terminated',
      post: { zh: '仓储管理', en: 'Warehousing' },
      from: '2024-09-01',
      to: '2025-06-30',
      signedOn: '2024-08-20',
      schoolMentorId: 't1',
      enterpriseMentorId: null,
      guardian: { name: '李大海', signedOn: '2024-08-21' },
      insurancePolicy: 'SX2024-000456',
      endedOn: '2025-03-01',
      endGround: 'apprentice-leaves',
      source,
    },
  ],
  BatchStarted: [
    'placement-p1',
    {
      organizationId: 'o1',
      project: { zh: '双十一客服', en: 'Singles’ Day customer service' },
      members: ['e1', 'e2'],
      follows: 'p0',
      until: '2026-11-20',
    },
  ],
  HandoverGiven: ['placement-p1', { to: 'p2' }],
  HandoverAcknowledged: ['placement-p1', { other: 'p2' }],
  BatchEnded: ['placement-p1', {}],
  OrganizationRegistered: [
    'organization-o1',
    { creditCode: '91330100799655058B', name: { zh: '某电商有限公司', en: 'Some E-commerce Ltd.' }, kind: 'enterprise' },
  ],
  RebuildStarted: ['rebuild-transcript', { run: 'run1', mode: 'swap', compare: true, version: 3, live: 7, ticket: 'OPS-1234' }],
  RebuildPaused: ['rebuild-transcript', { run: 'run1' }],
  RebuildResumed: ['rebuild-transcript', { run: 'run1' }],
  RebuildCancelled: ['rebuild-transcript', { run: 'run1', ticket: null }],
  RebuildFinished: [
    'rebuild-transcript',
    { run: 'run1', generation: 8, position: '2500000', digests: { live: '5f3a', rebuilt: '5f3a' }, differing: 0 },
  ],
  RebuildFailed: [
    'rebuild-transcript',
    { run: 'run1', position: '41', eventId: '6f9619ff-8b86-8011-a42d-00cf4fc964ff', eventType: 'ResultFinalized' },
  ],
  ParkedKeyReleased: [
    'parking-transcript',
    {
      key: 'attempt-5q8m2c7h1v0n4k3d',
      generation: 2,
      position: '41',
      eventId: '6f9619ff-8b86-8011-a42d-00cf4fc964ff',
      eventType: 'ResultFinalized',
      ticket: 'OPS-1234',
    },
  ],
};

/** What earlier releases wrote: upcasters answer for these. */
const earlier: readonly Example[] = [
  {
    type: 'RecordRead',
    version: 1,
    stream: 'access-chen',
    subjectId: null,
    data: { route: 'GET /enrollments/:id', query: { effectiveAsOf: '2026-01-01' }, subjects: 1 },
  },
  {
    type: 'StudySuspended',
    version: 1,
    stream: 'enrollment-e1',
    subjectId: subject,
    data: { ground: 'pregnancy', until: '2026-09-01' },
    reasonText: '预产期 2026 年 3 月',
  },
];

const aboutPersons = ['learner-', 'enrollment-', 'selection-', 'contract-', 'attempt-', 'teacher-'];

export const goldenExamples: readonly Example[] = [
  ...Object.entries(present).map(([type, [stream, data, reasonText]]): Example => ({
    type: type as LedgerEventType,
    version: catalog[type as LedgerEventType].version,
    stream,
    subjectId: aboutPersons.some((prefix) => stream.startsWith(prefix)) ? subject : null,
    data,
    ...(reasonText === undefined ? {} : { reasonText }),
  })),
  ...earlier,
];

export const fileOf = ({ type, version }: { readonly type: string; readonly version: number }): string =>
  `${type}.v${version}.json`;

export const envelopeOf = ({ type, version, stream, subjectId, data, reasonText }: Example): Envelope => ({
  id: eventId('command-17', stream, 'own', 0),
  type,
  version,
  stream,
  effectiveAt: day('2026-03-01'),
  decidedAt: '2026-03-02T01:30:00.000Z',
  actor: registrar('zhao'),
  ...(reasonText === undefined ? {} : { reason: { code: 'other', text: reasonText } }),
  commandId: 'command-17',
  commandDigest: 'digest-of-the-command',
  correlationId: 'correlation-5',
  causationId: 'command-17',
  institutionId,
  subjectId,
  basis: [{ stream: 'policy-college', revision: '0' }],
  data,
});
