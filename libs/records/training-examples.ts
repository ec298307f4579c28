import { orNull, type Answered } from '../edge/openapi.ts';

/** What queries about apprenticeships and results are called and how their answers look. */

const id = '5q8m2c7h1v0n4k3d';
const at = '2026-09-01T00:00:00.000Z';
const coded = (code: string, zh: string, en: string): object => ({ code, zh, en });
const page = (item: object): object => ({ items: [item], next: orNull('eyJwYWdlIjoyfQ'), total: 1 });
const pageThen = (item: object): object => ({ ...page(item), asOf: {} });
const asOf = {};
const name = orNull('李小雨');
const organization = { id, zh: '江南电子商务有限公司', en: 'Jiangnan E-commerce Ltd.' };
const program = orNull({ id, code: '530701', zh: '电子商务', en: 'E-commerce' });
const inClass = orNull({ id, name: '电商2601' });
const school = coded('school', '学校', 'school');
const enterprise = coded('enterprise', '企业', 'enterprise');
const post = { zh: '仓储管理学徒', en: 'Warehouse apprentice' };

// ── results ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const result = orNull({
  score: orNull(8550),
  grade: orNull(coded('good', '良', 'good')),
  code: orNull(coded('absent', '缺考', 'absent')),
  passed: true,
  capped: false,
});
const source = orNull({ run: id, row: 2, fileDigest: 'a'.repeat(64), by: 'registrar-1' });
const course = { courseId: orNull(id), code: 'EC101', zh: '电子商务概论', en: 'Introduction to E-commerce', version: orNull(1) };

const line = {
  attemptId: id,
  course,
  credits: 400,
  nature: orNull(coded('compulsory', '必修', 'compulsory')),
  category: orNull('专业基础课'),
  module: orNull('platform'),
  academicYear: '2026-2027',
  term: '2026-2027-1',
  kind: coded('make-up', '补考', 'make-up'),
  number: 2,
  follows: orNull(id),
  scheme: orNull({ schemeId: id, version: 1 }),
  status: coded('final', '已确定', 'final'),
  result,
  components: [{ code: 'exam', zh: '考试', en: 'exam', weight: orNull(4000), score: 8500 }],
  marks: [{ component: 'exam', part: 'score', score: 8500, side: school, third: false }],
  corrected: false,
  appealUntil: orNull('2027-01-25'),
  source,
};

const transcript = {
  attempts: [{ ...line, earned: true, weighed: true }],
  credits: {
    earned: 400,
    byNature: [{ nature: orNull(coded('compulsory', '必修', 'compulsory')), earned: 400 }],
    byModule: [{ module: orNull('platform'), earned: 400 }],
  },
  average: {
    score: orNull(8550),
    courses: 1,
    credits: 400,
    policy: {
      attempt: 'best',
      failed: 'counted',
      gradeScores: { excellent: 9500, good: 8500, medium: 7500, pass: 6500, fail: 5000 },
      rounding: { mode: 'half-up', unit: 1 },
    },
  },
  progress: orNull({
    version: 1,
    entriesFrom: '2026-09-01',
    required: 14_000,
    earned: 400,
    missing: 13_600,
    modules: [
      { code: 'platform', zh: '公共平台', en: 'Shared platform', kind: 'shared', required: 6000, earned: 400, missing: 5600 },
    ],
    notPassed: [{ ...course, module: 'platform', nature: coded('compulsory', '必修', 'compulsory'), attempted: false }],
  }),
};

// ── apprenticeship ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const step = {
  type: 'ContractSigned',
  title: { zh: '签署协议', en: 'Contract signed' },
  effectiveAt: at,
  recordedAt: at,
  by: { role: 'learner', personId: 'learner-1' },
  about: {},
  annulled: false,
};

const opening = {
  openingId: id,
  organization,
  post,
  from: '2027-03-01',
  to: '2028-02-28',
  programs: [program],
  places: 5,
  closesOn: '2026-12-31',
  closed: false,
  applications: orNull(7),
  accepted: orNull(3),
  revision: '0',
};

const selection = {
  selectionId: id,
  learnerId: id,
  enrollmentId: id,
  openingId: id,
  organization,
  status: coded('offered', '已发录用', 'offered'),
  statusSince: at,
  statement: orNull('我想学仓储管理。'),
  assessed: [{ by: school, score: orNull(8600), recommended: true, at }],
  offer: orNull({ post, from: '2027-03-01', to: '2028-02-28', expiresAt: at }),
  rejectedBy: orNull(enterprise),
  steps: [step],
};

const contract = {
  contractId: id,
  learnerId: orNull(id),
  enrollmentId: orNull(id),
  selectionId: orNull(id),
  organization: orNull(organization),
  status: coded('live', '履行中', 'live'),
  statusSince: at,
  post: orNull(post),
  from: orNull('2027-03-01'),
  to: orNull('2028-02-28'),
  startedOn: orNull('2027-03-01'),
  endedOn: orNull('2028-02-28'),
  plan: orNull({ program, version: orNull(1), courses: [{ id, code: orNull('EC101'), zh: '电子商务概论', en: 'Introduction' }] }),
  termsDigest: orNull('b'.repeat(64)),
  sections: [{ code: 'duties', digest: 'c'.repeat(64) }],
  parties: [
    {
      party: coded('apprentice', '学徒', 'apprentice'),
      confirmed: ['duties'],
      signature: orNull({ termsDigest: 'b'.repeat(64), medium: 'electronic', evidence: orNull('scan 17'), at }),
    },
  ],
  unconfirmed: [{ party: 'guardian', sections: ['duties'] }],
  unsigned: ['guardian'],
  insurances: [{ from: '2027-03-01', to: '2028-02-28', insurer: '平安', policy: 'P-17' }],
  mentors: [{ side: enterprise, teacherId: id, name: orNull('周明'), from: at, to: orNull(at) }],
  gaps: [
    {
      side: enterprise,
      from: at,
      to: orNull(at),
      teacherId: orNull(id),
      why: coded('suspended', '导师暂停资格', 'the mentor is suspended'),
    },
  ],
  suspensions: [{ ground: 'illness', from: at, to: orNull(at) }],
  amendments: [
    {
      amendmentId: id,
      by: enterprise,
      from: '2027-03-01',
      to: '2028-02-28',
      post,
      termsDigest: orNull('d'.repeat(64)),
      changed: ['duties'],
      proposedAt: at,
      expiresAt: at,
      settledAt: orNull(at),
      consents: ['school'],
      outcome: 'pending',
    },
  ],
  gateway: ['school'],
  hours: { recorded: 4000, confirmed: 4000 },
  termination: orNull({ ground: coded('mutual', '协商一致', 'mutual consent'), noticeGivenOn: '2027-06-01', notice: 'N-3' }),
  continues: orNull({ contractId: orNull(id), originalStart: '2026-09-01' }),
  importedFrom: orNull({
    agreementNumber: 'A-17',
    signedOn: '2024-03-01',
    insurancePolicy: orNull('P-17'),
    endGround: orNull('期满'),
    run: id,
    row: 2,
    fileDigest: 'a'.repeat(64),
  }),
  steps: [step],
};

const log = { week: '2027-03-01', hours: 4000, workOrders: orNull([{ number: orNull('WO-1'), task: '入库' }]), recordedAt: at };
const seam = {
  before: id,
  after: id,
  given: true,
  acknowledgedByBefore: true,
  acknowledgedByAfter: false,
  handedOver: false,
};
const placement = {
  placementId: id,
  organization,
  project: { zh: '双十一客服', en: 'November sales support' },
  members: orNull([id]),
  size: 1,
  follows: orNull(id),
  until: '2027-11-20',
  startedAt: at,
  endedAt: orNull(at),
  seams: [seam],
  revision: orNull('2'),
};
const approval = {
  requestId: id,
  act: 'CorrectGrade',
  target: orNull('3'),
  proposal: {},
  evidence: ['file 2026-114'],
  requestedBy: 'registrar-1',
  requestedAt: at,
  digest: 'Zm9ydHktdHdvLWZvcnR5LXR3by1mb3J0',
  outcome: 'pending',
};

export const trainingAnswers: Readonly<Record<string, Answered>> = {
  readTranscript: {
    title: { zh: '成绩单（JSON、表格或 PDF，可问任一时点）', en: 'A transcript as JSON, sheet or PDF, as of any moment' },
    example: {
      learnerId: id,
      name: '李小雨',
      enrollments: [
        {
          enrollmentId: id,
          status: coded('registered', '在籍', 'registered'),
          program,
          class: inClass,
          studentNumber: orNull('2026010101'),
          entryDate: orNull('2026-09-01'),
          level: orNull(coded('junior-college', '专科(高职)', 'junior college')),
          lengthOfStudyMonths: orNull(36),
          endedAt: orNull(at),
          ...transcript,
        },
      ],
      asOf,
    },
  },
  readApprenticeship: {
    title: { zh: '学徒档案（可问任一时点）', en: 'An apprentice record, as of any moment' },
    example: {
      learnerId: id,
      name,
      enrollments: [{ enrollmentId: id, program, class: inClass }],
      selections: [selection],
      contracts: [{ ...contract, logs: [{ ...log, confirmations: [{ teacherId: id, at }] }] }],
      placements: [placement],
      results: [line],
      asOf,
    },
    refusals: ['NOT_FOUND'],
  },
  listAttempts: {
    title: { zh: '考核与成绩', en: 'Attempts and their results' },
    example: pageThen({
      attemptId: id,
      learnerId: id,
      enrollmentId: id,
      name,
      course: { id: orNull(id), code: orNull('EC101'), zh: '电子商务概论', en: 'Introduction to E-commerce' },
      credits: 400,
      kind: line.kind,
      number: 2,
      follows: orNull(id),
      academicYear: '2026-2027',
      term: '2026-2027-1',
      classId: orNull(id),
      contractId: orNull(id),
      status: line.status,
      statusSince: at,
      result,
      corrected: false,
      appealUntil: orNull('2027-01-25'),
      source,
      updatedAt: at,
      revision: '4',
    }),
    refusals: ['CURSOR_INVALID', 'AS_OF_NOT_BUILT'],
  },
  readAttempt: {
    title: { zh: '一次考核（可问任一时点）', en: 'An attempt, as of any moment' },
    example: {
      ...line,
      learnerId: id,
      enrollmentId: id,
      classId: orNull(id),
      contractId: orNull(id),
      statusSince: orNull(at),
      scores: [{ component: 'exam', part: 'score', score: 8500, assessor: 'teacher-1', side: 'school', third: false }],
      resultRevision: orNull('4'),
      submittedBy: orNull('teacher-1'),
      moderatedBy: orNull('registrar-1'),
      appeal: orNull({ appealId: id, filedAt: at, outcome: 'open' }),
      voided: orNull('misconduct'),
      approvals: [approval],
      revision: orNull('4'),
      asOf,
    },
  },
  readOpening: { title: { zh: '学徒岗位', en: 'An opening' }, example: opening, refusals: ['NOT_FOUND'] },
  listOpenings: {
    title: { zh: '学徒岗位', en: 'Openings' },
    example: page(opening),
    refusals: ['CURSOR_INVALID'],
  },
  readSelection: {
    title: { zh: '遴选', en: 'A selection' },
    example: { ...selection, name, program, class: inClass, revision: '3' },
    refusals: ['NOT_FOUND'],
  },
  listSelections: {
    title: { zh: '遴选', en: 'Selections' },
    example: page({ ...selection, name, program, class: inClass, revision: '3' }),
    refusals: ['CURSOR_INVALID'],
  },
  listContracts: {
    title: { zh: '三方协议', en: 'Contracts' },
    example: pageThen({ ...contract, name, program, class: inClass, updatedAt: at, revision: '9' }),
    refusals: ['CURSOR_INVALID', 'AS_OF_NOT_BUILT'],
  },
  readContract: {
    title: { zh: '三方协议（可问任一时点）', en: 'A contract with its terms, as of any moment' },
    example: {
      ...contract,
      texts: orNull({ salt: 'x', sections: [{ code: 'duties', text: '……' }] }),
      approvals: [{ ...approval, act: 'ReverseTermination' }],
      revision: '9',
      asOf,
    },
  },
  listTrainingLogs: {
    title: { zh: '实习日志', en: 'Training logs' },
    example: page({ ...log, confirmedBy: orNull({ teacherId: id, name: orNull('周明') }), confirmedAt: orNull(at) }),
    refusals: ['CURSOR_INVALID'],
  },
  readPlacement: { title: { zh: '批次实习', en: 'A batch' }, example: placement, refusals: ['NOT_FOUND'] },
  listPlacements: {
    title: { zh: '批次实习与交接', en: 'Placements and their seams' },
    example: page(placement),
    refusals: ['CURSOR_INVALID'],
  },
};
