import { orNull, type Answered } from '../edge/openapi.ts';
import { taskKinds } from '../read-models/task-kinds.ts';
import { trainingAnswers } from './training-examples.ts';
import { asOfAnswers } from './as-of-examples.ts';
import { at, coded, id, importedFrom, page, pageThen } from './example-parts.ts';
import { parkedAnswers, parkedExample } from './parked-examples.ts';
import { rebuildAnswers } from './rebuild-examples.ts';
import { referenceAnswers } from './reference-examples.ts';

/** What queries are called and how their answers look. A spec holds real answers to these shapes. */

const actor = { personId: 'registrar-1', role: 'registrar', organizationId: orNull('enterprise-1') };
const asOf = {};

const approval = {
  requestId: id,
  act: 'RevertWithdrawal',
  target: orNull('3'),
  proposal: {},
  evidence: ['file 2026-114'],
  requestedBy: 'registrar-1',
  requestedAt: at,
  digest: 'Zm9ydHktdHdvLWZvcnR5LXR3by1mb3J0',
  outcome: 'pending',
};

const program = orNull({ id, code: '530701', zh: '电子商务', en: 'E-commerce' });
const inClass = orNull({ id, name: '电商2601' });

const enrollment = {
  enrollmentId: id,
  learnerId: orNull(id),
  status: coded('registered', '在籍', 'registered'),
  statusSince: at,
  program,
  class: inClass,
  studentNumber: orNull('2026010101'),
  entryDate: orNull('2026-09-01'),
  intake: orNull(coded('ordinary', '统一招生', 'ordinary')),
  level: orNull(coded('junior-college', '专科(高职)', 'junior college')),
  lengthOfStudyMonths: orNull(36),
  studyForm: orNull(coded('full-time', '普通全日制', 'full-time')),
  branch: orNull('经济管理分院'),
  department: orNull('电子商务系'),
  expectedGraduation: orNull('2029-06-30'),
  entranceScore: orNull(45_250),
  suspension: orNull({
    kind: coded('suspension', '休学', 'suspension'),
    ground: orNull(coded('illness', '因病', 'illness')),
    until: orNull('2027-09-01'),
  }),
  retainedUntil: orNull('2027-09-01'),
  registeredAt: orNull(at),
  recheck: orNull({ dueBy: orNull('2026-12-01'), passed: false }),
  academicYears: ['2026-2027'],
  convertibleUntil: orNull('2031-06-30'),
  endedAt: orNull(at),
  locked: false,
  importedFrom,
  lastChangeAt: at,
  approvals: [approval],
};

const learner = {
  learnerId: id,
  identity: orNull({
    name: '李小雨',
    idType: 'resident-id',
    idNumber: '11010519491231002X',
    sex: 'female',
    birthDate: '1949-12-31',
  }),
  contact: orNull({ phone: '13800000000' }),
  guardians: [{ guardianId: 'guardian-1', name: '李大海', relation: '父亲' }],
  holds: [{ holdId: id, kind: coded('discipline', '纪律处分', 'discipline'), placedAt: at }],
  annulled: false,
  erased: ['contact'],
  importedFrom,
  lastChangeAt: at,
  approvals: [approval],
};

const event = {
  position: '42',
  eventId: '6f9619ff-8b86-8011-a42d-00cf4fc964ff',
  stream: `enrollment-${id}`,
  revision: '3',
  type: 'StudentWithdrawn',
  title: { zh: '退学', en: 'Student withdrawn' },
  kind: 'fact',
  effectiveAt: at,
  recordedAt: at,
  actor,
  onBehalfOf: orNull('learner-1'),
  reason: orNull({ code: 'own-application', text: orNull('回家创业') }),
  commandId: id,
  causationId: '2f1f4d3e-8a37-4a0e-9a53-1d1f6c1b2a90',
  basis: [{ stream: `program-${id}`, revision: '0' }],
  data: {},
  changes: [{ field: 'ground', old: orNull('illness'), new: orNull('family') }],
  approval: orNull({
    requestId: id,
    act: 'CorrectEnrollment',
    requestedBy: 'registrar-1',
    requestedAt: at,
    outcome: 'granted',
    settledBy: orNull('registrar-2'),
    settledAt: orNull(at),
  }),
};

export const queryAnswers: Readonly<Record<string, Answered>> = {
  ...trainingAnswers,
  ...asOfAnswers,
  readLearner: {
    title: { zh: '学生档案（可问任一时点）', en: 'A learner, as of any moment' },
    example: { ...learner, enrollments: [enrollment], revision: '4', asOf },
  },
  readTimeline: {
    title: { zh: '学生档案的全部经过', en: 'Everything that was said about a learner' },
    example: { ...page(event), asOf },
    refusals: ['CURSOR_INVALID'],
  },
  listAccesses: {
    title: { zh: '谁查阅过该档案', en: 'Who read the record' },
    example: page({ at, by: actor, right: orNull('institution'), operation: 'readLearner', asked: {}, revision: '7' }),
    refusals: ['CURSOR_INVALID'],
  },
  searchLearners: {
    title: { zh: '按姓名或号码查找学生', en: 'Find learners by name or number' },
    example: page({
      learnerId: id,
      identity: learner.identity,
      contact: learner.contact,
      guardians: learner.guardians,
      studentNumbers: ['2026010101'],
      currentEnrollmentIds: [id],
      erased: [],
    }),
    refusals: ['CURSOR_INVALID', 'MALFORMED_JSON', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'],
  },
  readEnrollment: {
    title: { zh: '学籍（可问任一时点）', en: 'An enrollment, as of any moment' },
    example: { ...enrollment, revision: '4', asOf },
  },
  listEnrollments: {
    title: { zh: '学籍名册', en: 'The enrollment register' },
    example: pageThen({
      enrollmentId: id,
      learnerId: id,
      name: orNull('李小雨'),
      status: enrollment.status,
      statusSince: at,
      studentNumber: orNull('2026010101'),
      program,
      class: inClass,
      entryDate: '2026-09-01',
      cohort: 2026,
      intake: coded('ordinary', '统一招生', 'ordinary'),
      level: enrollment.level,
      studyForm: enrollment.studyForm,
      branch: enrollment.branch,
      department: enrollment.department,
      suspendedUntil: orNull('2027-09-01'),
      retainedUntil: orNull('2027-09-01'),
      registeredAt: orNull(at),
      recheck: orNull({ dueBy: orNull('2026-12-01'), passed: false }),
      lastAnnualRegistration: orNull('2026-2027'),
      expectedGraduation: orNull('2029-06-30'),
      convertibleUntil: orNull('2031-06-30'),
      endedAt: orNull(at),
      locked: false,
      imported: false,
      updatedAt: at,
      revision: '4',
    }),
    refusals: ['CURSOR_INVALID', 'AS_OF_NOT_BUILT'],
  },
  listClasses: {
    title: { zh: '班级', en: 'Classes' },
    example: page({
      classId: id,
      kind: coded('administrative', '行政班', 'administrative class'),
      name: '电商2601',
      program,
      course: orNull('EC101@1'),
      term: orNull('2026-2027-1'),
      closed: false,
    }),
    refusals: ['CURSOR_INVALID'],
  },
  readClass: {
    title: { zh: '班级', en: 'A class' },
    example: {
      classId: id,
      kind: coded('administrative', '行政班', 'administrative class'),
      name: '电商2601',
      program,
      course: orNull('EC101@1'),
      term: orNull('2026-2027-1'),
      closed: false,
      teacherIds: ['teacher-1'],
    },
  },
  listClassMembers: {
    title: { zh: '班级名单', en: 'Who is in a class' },
    example: page({
      enrollmentId: id,
      learnerId: id,
      name: orNull('李小雨'),
      studentNumber: orNull('2026010101'),
      status: enrollment.status,
    }),
  },
  ...referenceAnswers,
  listTasks: {
    title: { zh: '待办', en: 'What is due' },
    example: page({
      kind: 'recheck',
      key: id,
      learnerId: orNull(id),
      enrollmentId: orNull(id),
      organizationId: orNull(id),
      dueOn: orNull('2026-12-01'),
      overdue: false,
      since: orNull(at),
      why: { zh: '入学资格复查应于 2026-12-01 前完成。', en: 'The re-check of the admission is due by 2026-12-01.' },
      detail: {},
    }),
    refusals: ['CURSOR_INVALID', 'AS_OF_NOT_BUILT'],
  },
  countTasks: {
    title: { zh: '待办数量', en: 'How much is due' },
    example: Object.fromEntries(taskKinds.map((kind) => [kind, { all: 3, overdue: 1 }])),
    refusals: ['AS_OF_NOT_BUILT'],
  },
  listApprovals: {
    title: { zh: '待复核的申请', en: 'What waits for a second person' },
    example: page({
      stream: `enrollment-${id}`,
      requestId: id,
      act: 'RevertWithdrawal',
      requestedBy: 'registrar-1',
      digest: 'Zm9ydHktdHdvLWZvcnR5LXR3by1mb3J0',
      request: { target: orNull('3'), proposal: {}, evidence: ['file 2026-114'], reasonCode: orNull('error') },
      learnerId: orNull(id),
      enrollmentId: orNull(id),
      requestedAt: orNull(at),
    }),
    refusals: ['CURSOR_INVALID'],
  },
  listEvents: {
    title: { zh: '事件日志（JSON 行）', en: 'The log, as JSON lines' },
    mediaType: 'application/x-ndjson',
    example:
      '{"id":"6f9619ff-8b86-8011-a42d-00cf4fc964ff","type":"StudySuspended","version":2,"stream":"enrollment-…","revision":"3","position":"42","recordedAt":"…"}\n',
  },
  listViews: {
    title: { zh: '视图状态', en: 'How the views stand' },
    example: {
      head: '42',
      items: [
        {
          name: 'enrollment-register',
          version: 1,
          generation: 1,
          state: 'live',
          position: '42',
          head: '42',
          lagEvents: '0',
          lagMs: 0,
          stoppedAt: orNull({
            position: '41',
            eventId: '6f9619ff-8b86-8011-a42d-00cf4fc964ff',
            type: 'X',
            error: 'TypeError at libs/read-models/enrollment-register.ts:187',
            since: at,
            attempts: 1,
            retryAt: at,
          }),
          parked: 0,
          parkedKeys: [parkedExample],
          practised: ['43'],
          rebuilding: orNull({ generation: 2, verify: false, paused: false, phase: 'log', done: '20', head: '42' }),
          lastRebuild: orNull({
            view: 'enrollment-register',
            run: orNull(id),
            generation: 2,
            outcome: 'swapped',
            at,
            position: orNull('42'),
            digests: orNull({ live: '5f3a', rebuilt: '5f3a' }),
            differing: 0,
            eventId: orNull('6f9619ff-8b86-8011-a42d-00cf4fc964ff'),
            eventType: orNull('X'),
            error: orNull('TypeError at libs/read-models/enrollment-register.ts:187'),
          }),
        },
      ],
    },
  },
  ...rebuildAnswers,
  ...parkedAnswers,
  countEnrollments: {
    title: { zh: '统计', en: 'Figures without persons' },
    example: {
      enrollments: [{ cohort: 2026, program, status: enrollment.status, count: 120 }],
      events: orNull([
        { type: 'StudentRegistered', title: { zh: '入学注册', en: 'Student registered' }, count: 120, lastRecordedAt: at },
      ]),
      asOf,
    },
    refusals: ['AS_OF_NOT_BUILT'],
  },
  healthLive: { title: { zh: '存活', en: 'Alive' }, example: { status: 'live' } },
  healthReady: { title: { zh: '就绪', en: 'Ready, or why not' }, example: { status: 'ready', reasons: [] } },
  metrics: { title: { zh: '指标', en: 'Metrics for Prometheus' }, mediaType: 'text/plain', example: 'ledger_log_position 42\n' },
};
