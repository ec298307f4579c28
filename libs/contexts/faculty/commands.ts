import type { CommandFacts } from '../../kernel/commands.ts';
import type { FacultyCommand } from './faculty.ts';

const ofOrganization = ['ORGANIZATION_UNKNOWN', 'ORGANIZATION_NOT_ENTERPRISE'] as const;
const before = 'EFFECTIVE_BEFORE_LAST_CHANGE';

export const facultyCommands = {
  RegisterTeacher: {
    title: { zh: '登记教师或导师', en: 'Register a teacher or mentor' },
    events: ['TeacherRegistered'],
    refusals: ['TEACHER_EXISTS', 'TEACHER_ORGANIZATION_WRONG', ...ofOrganization],
  },
  LinkTeacherAccount: {
    title: { zh: '关联账号', en: 'Link the account with which she scores and confirms' },
    events: ['TeacherAccountLinked'],
    refusals: ['ACCOUNT_TAKEN', before],
  },
  GrantDualQualification: {
    title: { zh: '认定双师型', en: 'Grant the double qualification' },
    events: ['DualQualificationGranted'],
    refusals: [before],
  },
  RecordEnterprisePractice: {
    title: { zh: '登记企业实践', en: 'Record a practice in an enterprise' },
    events: ['EnterprisePracticeRecorded'],
    refusals: ['PRACTICE_DATES_WRONG', 'PERIODS_OVERLAP', ...ofOrganization, before],
  },
  RaiseEarlyWarning: {
    title: { zh: '预警', en: 'Raise an early warning' },
    events: ['EarlyWarningRaised'],
    refusals: ['TEACHER_STATUS_FORBIDS', before],
  },
  PlanImprovement: {
    title: { zh: '制定整改计划', en: 'Plan an improvement' },
    events: ['ImprovementPlanned'],
    refusals: ['TEACHER_STATUS_FORBIDS', 'IMPROVEMENT_OVER', before],
  },
  SuspendTeacher: {
    title: { zh: '暂停资格', en: 'Suspend a teacher or mentor' },
    events: ['TeacherSuspended'],
    refusals: ['TEACHER_STATUS_FORBIDS', before],
  },
  WithdrawTeacher: {
    title: { zh: '退出', en: 'Withdraw a teacher or mentor' },
    events: ['TeacherWithdrawn'],
    refusals: ['TEACHER_STATUS_FORBIDS', before],
  },
  ReinstateTeacher: {
    title: { zh: '恢复资格', en: 'Reinstate a teacher or mentor' },
    events: ['TeacherReinstated'],
    refusals: ['TEACHER_STATUS_FORBIDS', before],
  },
} as const satisfies Record<FacultyCommand['type'], CommandFacts>;
