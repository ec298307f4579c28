import type { ApprovalEvent } from '../../kernel/four-eyes.ts';
import type { Contact, Identity, Personal } from '../../kernel/personal.ts';
import type { Purpose } from '../../kernel/purposes.ts';
import type { CatalogOf, NoData } from './catalog.ts';

/** Where an imported fact comes from. `rowDigest` is a keyed HMAC of the row, so that the same row is recognized unopened. */
export interface ImportSource {
  readonly run: string;
  readonly row: number;
  readonly fileDigest: string;
  readonly rowDigest: string;
}

/** `learner-<id>`: identity, and the gate that guards what must be unique per person. */
export type LearnerEvent =
  | {
      type: 'LearnerIdentified';
      data: {
        identity: Personal<Identity>;
        contact: Personal<Contact> | null;
        idClaim: string | null;
        source: ImportSource | null;
      };
    }
  | {
      type: 'IdentityCorrected';
      data: { requestId: string; target: string; change: Personal<{ old: Identity; new: Identity }>; idClaim: string | null };
    }
  | { type: 'ContactChanged'; data: { contact: Personal<Contact> } }
  | {
      type: 'GuardianLinked';
      data: { guardianId: string; guardian: Personal<{ name: string; relation: string; phone?: string }> };
    }
  | { type: 'GuardianUnlinked'; data: { guardianId: string } }
  | { type: 'LearnerAnnulled'; data: NoData }
  | { type: 'EnrollmentOpened'; data: { enrollmentId: string; programId: string; entryDate: string; commandId: string } }
  | { type: 'EnrollmentClosing'; data: { enrollmentId: string; commandId: string } }
  | { type: 'EnrollmentClosingDropped'; data: { enrollmentId: string } }
  | { type: 'EnrollmentClosed'; data: { enrollmentId: string; status: string } }
  | { type: 'PeriodHeld'; data: { holder: string; from: string; to: string; commandId: string } }
  /** `until`: plain date from which what held it no longer did; absent where it never began, so that nothing was occupied. */
  | { type: 'PeriodReleased'; data: { holder: string; until?: string } }
  | { type: 'HoldPlaced'; data: { holdId: string; kind: 'clawback' | 'discipline' } }
  | { type: 'HoldLifted'; data: { holdId: string } }
  | { type: 'PersonalDataErased'; data: { requestId: string; purposes: readonly Purpose[]; legalBasis: string } }
  | ApprovalEvent;

/** What an admission says. Lengths of study are months; scores are hundredths of a point. */
export interface Admission {
  readonly learnerId: string;
  readonly programId: string;
  /** Plain date. */
  readonly entryDate: string;
  readonly intake: string;
  readonly level: string | null;
  readonly lengthOfStudyMonths: number | null;
  readonly studyForm: string | null;
  readonly branch: string | null;
  readonly department: string | null;
  readonly classId: string | null;
  /** Plain date. */
  readonly expectedGraduation: string | null;
  readonly entranceScore: number | null;
}

export const enrollmentStatuses = {
  admitted: { zh: '已录取', en: 'admitted' },
  'place-declined': { zh: '放弃入学资格', en: 'place declined' },
  'place-retained': { zh: '保留入学资格', en: 'place retained' },
  annulled: { zh: '录取作废', en: 'annulled' },
  registered: { zh: '在籍', en: 'registered' },
  suspended: { zh: '休学或保留学籍', en: 'suspended' },
  completed: { zh: '结业', en: 'completed' },
  graduated: { zh: '毕业', en: 'graduated' },
  incomplete: { zh: '肄业', en: 'incomplete study' },
  withdrawn: { zh: '退学', en: 'withdrawn' },
  expelled: { zh: '开除学籍', en: 'expelled' },
  'transferred-out': { zh: '转学（转出）', en: 'transferred out' },
  revoked: { zh: '取消学籍', en: 'registration revoked' },
  deceased: { zh: '死亡', en: 'deceased' },
} as const;
export type EnrollmentStatus = keyof typeof enrollmentStatuses;

export const withdrawalGrounds = {
  'own-application': { zh: '本人申请', en: 'own application' },
  'academic-failure': { zh: '学业成绩未达要求或超过最长学习年限', en: 'academic failure or over-time' },
  'did-not-resume': { zh: '休学或保留学籍期满未申请复学，或复学复查不合格', en: 'did not resume in time, or the review failed' },
  'medically-unable': { zh: '因病或意外伤残不能继续学习', en: 'medically unable' },
  'absent-without-leave': { zh: '未经批准连续两周未参加教学活动', en: 'two weeks absent without leave' },
  'not-registered-in-time': { zh: '逾期未注册', en: 'did not register in time' },
  'other-rule': { zh: '学校规定的其他情形', en: 'other rule of the school' },
} as const;
export type WithdrawalGround = keyof typeof withdrawalGrounds;

export const suspensionGrounds = {
  illness: { zh: '因病', en: 'illness' },
  pregnancy: { zh: '生育', en: 'pregnancy or childbirth' },
  entrepreneurship: { zh: '创业', en: 'founding a business' },
  family: { zh: '家庭原因', en: 'family' },
  other: { zh: '其他', en: 'other' },
} as const;
export type SuspensionGround = keyof typeof suspensionGrounds;

export const retentionGrounds = {
  'military-service': { zh: '应征入伍', en: 'military service' },
  'joint-program': { zh: '跨校联合培养', en: 'joint program at another school' },
  other: { zh: '其他', en: 'other' },
} as const;
export type RetentionGround = keyof typeof retentionGrounds;

/** `enrollment-<id>`: one learner in one program at one institution. */
export type EnrollmentEvent =
  | { type: 'LearnerAdmitted'; data: Admission & { source: ImportSource | null } }
  | {
      type: 'EnrollmentImported';
      data: Admission & {
        status: EnrollmentStatus;
        /** Present where the status is `suspended`. */
        suspension: 'suspension' | 'retained-status' | null;
        statusDate: string;
        studentNumber: string | null;
        /** Plain date, present where the status is `completed`. */
        convertibleUntil: string | null;
        source: ImportSource;
      };
    }
  | { type: 'StudentTransferredIn'; data: Admission & { fromSchool: string; studentNumber: string; recheckDueBy: string } }
  | { type: 'PlaceDeclined'; data: NoData }
  | { type: 'PlaceRetained'; data: { until: string } }
  /** `run`: the import run under whose undo it was annulled, with the request on that run's stream; absent where it is on this one. */
  | { type: 'AdmissionAnnulled'; data: { requestId: string; target: string; run?: string } }
  /** Under the undo of an import run: the target, an event of type `annulled`, never took effect, and the enrollment is in `status`. */
  | {
      type: 'StatusChangeAnnulled';
      data: { requestId: string; target: string; run: string; annulled: string; status: EnrollmentStatus };
    }
  | {
      type: 'StudentRegistered';
      data: { studentNumber: string; classId: string | null; recheckDueBy: string; source: ImportSource | null };
    }
  | { type: 'AdmissionRecheckPassed'; data: NoData }
  | { type: 'RegistrationRevoked'; data: { requestId: string; ground: 'recheck-failed' | 'fraud' } }
  | { type: 'AnnualRegistrationRecorded'; data: { academicYear: string } }
  | { type: 'StudySuspended'; data: { ground: SuspensionGround; until: string; appliedOn: string | null } }
  | { type: 'StatusRetained'; data: { ground: RetentionGround; until: string } }
  | { type: 'StudyResumed'; data: { appliedOn: string; classId: string | null } }
  | { type: 'MajorChanged'; data: { fromProgramId: string; programId: string; classId: string | null } }
  | { type: 'ClassChanged'; data: { fromClassId: string | null; classId: string } }
  | { type: 'StudentTransferredOut'; data: { toSchool: string; ground: string } }
  | { type: 'StudentWithdrawn'; data: { ground: WithdrawalGround } }
  | { type: 'WithdrawalReverted'; data: { requestId: string; target: string } }
  | { type: 'StudentExpelled'; data: { decisionNumber: string } }
  | { type: 'StudentDeceased'; data: NoData }
  | { type: 'StudentGraduated'; data: { creditsAttested: true } }
  | { type: 'StudyLeftIncomplete'; data: NoData }
  | { type: 'StudyCompleted'; data: { convertibleUntil: string } }
  | { type: 'EnrollmentCorrected'; data: { requestId: string; target: string; field: string; old: unknown; new: unknown } }
  | { type: 'RecordLocked'; data: NoData }
  | ApprovalEvent;

/** `class-<id>`: administrative classes (行政班) and teaching classes (教学班). */
export type ClassEvent =
  | {
      type: 'ClassFormed';
      data: {
        kind: 'administrative' | 'teaching';
        name: string;
        programId: string | null;
        course: string | null;
        term: string | null;
      };
    }
  | { type: 'TeacherAssignedToClass'; data: { teacherId: string } }
  | { type: 'RosterChanged'; data: { added: readonly string[]; removed: readonly string[] } }
  | { type: 'ClassClosed'; data: NoData };

/** `import-<run>`: one reading of one file, or one batch; and what taking it back came to, row by row. */
export type ImportEvent =
  | {
      type: 'ImportStarted';
      data: { kind: string; fileDigest: string; options: Readonly<Record<string, unknown>>; ordinal: number };
    }
  | { type: 'ImportFinished'; data: { rows: number; taken: number; unchanged: number; refused: number } }
  | { type: 'ImportUndone'; data: { requestId: string } }
  | {
      type: 'ImportRowsUndone';
      data: {
        requestId: string;
        /** Rows of the sheet. */
        takenBack: readonly number[];
        /** With the refusal's code, and types of the events that came after the row where that is why. */
        kept: readonly { readonly row: number; readonly code: string; readonly since: readonly string[] }[];
      };
    }
  | { type: 'ImportUndoFinished'; data: { requestId: string; takenBack: number; kept: number } }
  | ApprovalEvent;

type Own = LearnerEvent | EnrollmentEvent | ClassEvent | ImportEvent;

export const enrollmentCatalog = {
  LearnerIdentified: {
    version: 1,
    personal: { identity: 'identity', contact: 'contact' },
    title: { zh: '登记学生', en: 'Learner identified' },
  },
  IdentityCorrected: {
    version: 1,
    personal: { change: 'identity' },
    effect: 'replaces',
    title: { zh: '更正身份信息', en: 'Identity corrected' },
  },
  ContactChanged: { version: 1, personal: { contact: 'contact' }, title: { zh: '变更联系方式', en: 'Contact changed' } },
  GuardianLinked: { version: 1, personal: { guardian: 'contact' }, title: { zh: '登记监护人', en: 'Guardian linked' } },
  GuardianUnlinked: { version: 1, title: { zh: '解除监护人', en: 'Guardian unlinked' } },
  LearnerAnnulled: { version: 1, title: { zh: '登记作废', en: 'Learner annulled' } },
  EnrollmentOpened: { version: 1, effect: 'machinery', title: { zh: '学籍占用', en: 'Enrollment opened' } },
  EnrollmentClosing: { version: 1, effect: 'machinery', title: { zh: '学籍待关闭', en: 'Enrollment closing' } },
  EnrollmentClosingDropped: { version: 1, effect: 'machinery', title: { zh: '学籍关闭撤销', en: 'Enrollment closing dropped' } },
  EnrollmentClosed: { version: 1, effect: 'machinery', title: { zh: '学籍关闭', en: 'Enrollment closed' } },
  PeriodHeld: { version: 1, effect: 'machinery', title: { zh: '时段占用', en: 'Period held' } },
  PeriodReleased: { version: 1, effect: 'machinery', title: { zh: '时段释放', en: 'Period released' } },
  HoldPlaced: { version: 1, title: { zh: '设置限制', en: 'Hold placed' } },
  HoldLifted: { version: 1, title: { zh: '解除限制', en: 'Hold lifted' } },
  PersonalDataErased: { version: 1, title: { zh: '删除个人信息', en: 'Personal data erased' } },
  LearnerAdmitted: { version: 1, title: { zh: '录取', en: 'Learner admitted' } },
  EnrollmentImported: { version: 1, title: { zh: '导入既有学籍', en: 'Enrollment imported' } },
  StudentTransferredIn: { version: 1, title: { zh: '转学（转入）', en: 'Student transferred in' } },
  PlaceDeclined: { version: 1, title: { zh: '放弃入学资格', en: 'Place declined' } },
  PlaceRetained: { version: 1, title: { zh: '保留入学资格', en: 'Place retained' } },
  AdmissionAnnulled: { version: 1, effect: 'annuls', title: { zh: '录取作废', en: 'Admission annulled' } },
  StatusChangeAnnulled: { version: 1, effect: 'annuls', title: { zh: '异动作废', en: 'Status change annulled' } },
  StudentRegistered: { version: 1, title: { zh: '入学注册', en: 'Student registered' } },
  AdmissionRecheckPassed: { version: 1, title: { zh: '入学资格复查合格', en: 'Admission re-check passed' } },
  RegistrationRevoked: { version: 1, title: { zh: '取消学籍', en: 'Registration revoked' } },
  AnnualRegistrationRecorded: { version: 1, title: { zh: '学年注册', en: 'Annual registration recorded' } },
  StudySuspended: { version: 2, title: { zh: '休学', en: 'Study suspended' } },
  StatusRetained: { version: 1, title: { zh: '保留学籍', en: 'Status retained' } },
  StudyResumed: { version: 1, title: { zh: '复学', en: 'Study resumed' } },
  MajorChanged: { version: 1, title: { zh: '转专业', en: 'Major changed' } },
  ClassChanged: { version: 1, title: { zh: '调班', en: 'Class changed' } },
  StudentTransferredOut: { version: 1, title: { zh: '转学（转出）', en: 'Student transferred out' } },
  StudentWithdrawn: { version: 1, title: { zh: '退学', en: 'Student withdrawn' } },
  WithdrawalReverted: { version: 1, effect: 'annuls', title: { zh: '撤销退学', en: 'Withdrawal reverted' } },
  StudentExpelled: { version: 1, title: { zh: '开除学籍', en: 'Student expelled' } },
  StudentDeceased: { version: 1, title: { zh: '死亡', en: 'Student deceased' } },
  StudentGraduated: { version: 1, title: { zh: '毕业', en: 'Student graduated' } },
  StudyLeftIncomplete: { version: 1, title: { zh: '肄业', en: 'Study left incomplete' } },
  StudyCompleted: { version: 1, title: { zh: '结业', en: 'Study completed' } },
  EnrollmentCorrected: { version: 1, effect: 'replaces', title: { zh: '学籍更正', en: 'Enrollment corrected' } },
  RecordLocked: { version: 1, title: { zh: '记录锁定', en: 'Record locked' } },
  ClassFormed: { version: 1, title: { zh: '组建班级', en: 'Class formed' } },
  TeacherAssignedToClass: { version: 1, title: { zh: '安排任课教师', en: 'Teacher assigned to class' } },
  RosterChanged: { version: 1, title: { zh: '教学班名单变更', en: 'Roster changed' } },
  ClassClosed: { version: 1, title: { zh: '结班', en: 'Class closed' } },
  ImportStarted: { version: 1, effect: 'machinery', title: { zh: '开始导入', en: 'Import started' } },
  ImportFinished: { version: 1, effect: 'machinery', title: { zh: '导入结束', en: 'Import finished' } },
  ImportUndone: { version: 1, effect: 'machinery', title: { zh: '撤销导入', en: 'Import undone' } },
  ImportRowsUndone: { version: 1, effect: 'machinery', title: { zh: '逐行撤销', en: 'Import rows undone' } },
  ImportUndoFinished: { version: 1, effect: 'machinery', title: { zh: '撤销导入完成', en: 'Import undo finished' } },
} as const satisfies CatalogOf<Exclude<Own, ApprovalEvent>>;
