import type { Bilingual } from '../../kernel/bilingual.ts';
import type { ApprovalEvent } from '../../kernel/four-eyes.ts';
import type { Personal } from '../../kernel/personal.ts';
import type { CatalogOf, NoData } from './catalog.ts';
import type { ImportSource } from './enrollment.ts';
import type { Side } from './faculty.ts';

/** Days of an apprenticeship, plain dates, both inclusive. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

/** `opening-<id>`: what an enterprise offers to apprentices. */
export type OpeningEvent =
  | {
      type: 'OpeningPublished';
      data: Span & {
        organizationId: string;
        post: Bilingual;
        /** Whose students may apply. */
        programIds: readonly string[];
        places: number;
        /** Plain date, the last day of applications. */
        closesOn: string;
      };
    }
  | { type: 'OpeningClosed'; data: NoData };

export const selectionStatuses = {
  submitted: { zh: '已申请', en: 'submitted' },
  screened: { zh: '初审通过', en: 'screened' },
  offered: { zh: '已发录用', en: 'offered' },
  accepted: { zh: '已接受', en: 'accepted' },
  declined: { zh: '已谢绝', en: 'declined' },
  expired: { zh: '录用过期', en: 'offer expired' },
  rejected: { zh: '未获录用', en: 'rejected' },
  withdrawn: { zh: '已撤回', en: 'withdrawn' },
} as const;
export type SelectionStatus = keyof typeof selectionStatuses;

/** `selection-<id>` (遴选): one learner and one opening, which are its key. */
export type SelectionEvent =
  | {
      type: 'ApplicationSubmitted';
      data: {
        openingId: string;
        organizationId: string;
        learnerId: string;
        enrollmentId: string;
        statement: Personal<string> | null;
      };
    }
  | { type: 'ApplicationScreened'; data: NoData }
  /** One of each side before an offer; `score` is hundredths of a point. */
  | { type: 'ApplicantAssessed'; data: { by: Side; score: number | null; recommended: boolean } }
  /** `expiresAt` is an instant. */
  | { type: 'OfferMade'; data: Span & { post: Bilingual; expiresAt: string } }
  | { type: 'OfferAccepted'; data: NoData }
  | { type: 'OfferDeclined'; data: NoData }
  | { type: 'OfferExpired'; data: NoData }
  | { type: 'ApplicationRejected'; data: { by: Side } }
  | { type: 'ApplicationWithdrawn'; data: NoData };

export const contractStatuses = {
  draft: { zh: '草拟', en: 'draft' },
  concluded: { zh: '已成立', en: 'concluded' },
  live: { zh: '履行中', en: 'live' },
  suspended: { zh: '中止', en: 'suspended' },
  terminated: { zh: '已解除', en: 'terminated' },
  completed: { zh: '履行完毕', en: 'completed' },
  cancelled: { zh: '已取消', en: 'cancelled' },
} as const;
export type ContractStatus = keyof typeof contractStatuses;

export const contractParties = {
  school: { zh: '学校', en: 'school' },
  enterprise: { zh: '企业', en: 'enterprise' },
  apprentice: { zh: '学徒', en: 'apprentice' },
  guardian: { zh: '监护人', en: 'guardian' },
} as const;
export type Party = keyof typeof contractParties;

export const terminationGrounds = {
  probation: { zh: '试用期内解除', en: 'within probation' },
  'important-cause': { zh: '重大事由', en: 'important cause' },
  'apprentice-leaves': { zh: '学徒提出', en: 'apprentice leaves' },
  'enterprise-ends': { zh: '企业提出', en: 'enterprise ends it' },
  mutual: { zh: '协商一致', en: 'mutual consent' },
  'status-lost': { zh: '学籍终止', en: 'student status lost' },
  transfer: { zh: '转至其他企业', en: 'transfer to another enterprise' },
  other: { zh: '其他', en: 'other' },
} as const;
export type TerminationGround = keyof typeof terminationGrounds;

/** A section of the terms; `digest` is the SHA-256 of its text, salted inside the seal. */
export interface ContractSection {
  readonly code: string;
  readonly digest: string;
}

/** The terms of a three-party agreement (三方协议). What the parties sign is `termsDigest`, over all of this but the sealed texts themselves. */
export interface ContractTerms extends Span {
  readonly post: Bilingual;
  /** What is learned: the training program's version, and the courses whose results the enterprise may see. */
  readonly plan: { readonly programId: string; readonly version: number | null; readonly courseIds: readonly string[] };
  readonly sections: readonly ContractSection[];
  readonly termsDigest: string;
  /** Texts of the sections by code, with the salt of their digests. */
  readonly texts: Personal<{ readonly salt: string; readonly sections: Readonly<Record<string, string>> }>;
}

export interface ContractOf {
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly organizationId: string;
}

export interface WorkOrder {
  readonly number: string | null;
  readonly task: string;
}

/** `contract-<id>`: apprenticeship of one learner at one enterprise. */
export type ContractEvent =
  | {
      type: 'ContractDrafted';
      data: ContractOf & ContractTerms & { selectionId: string; guardianNeeded: boolean };
    }
  /** Clears the confirmations of the changed sections and voids every signature. */
  | { type: 'ContractTermsRevised'; data: ContractTerms & { changed: readonly string[]; guardianNeeded: boolean } }
  | { type: 'ContractSectionConfirmed'; data: { party: Party; section: string; digest: string } }
  | {
      type: 'ContractSigned';
      data: { party: Party; termsDigest: string; medium: 'electronic' | 'paper'; evidence: string | null };
    }
  | { type: 'ContractConcluded'; data: NoData }
  /** Before it starts: never begun, so never terminated. */
  | { type: 'ContractCancelled'; data: { ground: string } }
  | { type: 'InternshipInsuranceRecorded'; data: Span & { insurer: string; policy: string } }
  | { type: 'MentorAssigned'; data: { side: Side; teacherId: string } }
  | { type: 'MentorReplaced'; data: { side: Side; oldTeacherId: string; teacherId: string } }
  /** Plain date: what later asks for a day (a log's week, a transfer) knows no time zone. */
  | { type: 'ContractStarted'; data: { startedOn: string } }
  | { type: 'ContractSuspended'; data: { ground: string } }
  | { type: 'ContractResumed'; data: NoData }
  | {
      type: 'AmendmentProposed';
      data: {
        amendmentId: string;
        by: Party;
        terms: Omit<ContractTerms, 'texts'>;
        texts: ContractTerms['texts'];
        changed: readonly string[];
        /** Whether she is a minor on the day of the proposal: who came of age since the start consents herself. */
        guardianNeeded: boolean;
        /** Instant. */
        expiresAt: string;
      };
    }
  | { type: 'AmendmentConsented'; data: { amendmentId: string; party: Party; termsDigest: string } }
  /** Together with the last party's consent: from now on these are the terms. */
  | { type: 'AmendmentApproved'; data: { amendmentId: string } }
  | { type: 'AmendmentRejected'; data: { amendmentId: string; party: Party } }
  | { type: 'AmendmentCancelled'; data: { amendmentId: string } }
  | { type: 'AmendmentExpired'; data: { amendmentId: string } }
  /** Plain dates; `notice` refers to the written notice. */
  | {
      type: 'ContractTerminated';
      data: { ground: TerminationGround; noticeGivenOn: string; notice: string; endedOn: string };
    }
  | { type: 'TerminationReversed'; data: { requestId: string; target: string } }
  /** On the new contract, with its draft. `originalStart` is the plain date on which the first of the chain started. */
  | { type: 'ContractContinued'; data: { continuationOf: string; originalStart: string } }
  /** `week` is the plain date of its Monday; hours are hundredths. */
  | { type: 'TrainingLogRecorded'; data: { week: string; hours: number; workOrders: Personal<readonly WorkOrder[]> } }
  | { type: 'TrainingLogConfirmed'; data: { week: string; teacherId: string } }
  | { type: 'GatewaySigned'; data: { party: Side } }
  | { type: 'ContractCompleted'; data: { endedOn: string } }
  | {
      type: 'ContractImported';
      data: ContractOf &
        Span & {
          agreementNumber: string;
          status: 'live' | 'completed' | 'terminated';
          post: Bilingual;
          signedOn: string;
          schoolMentorId: string | null;
          enterpriseMentorId: string | null;
          guardian: Personal<{ readonly name: string; readonly signedOn: string | null }> | null;
          insurancePolicy: string | null;
          endedOn: string | null;
          endGround: string | null;
          source: ImportSource;
        };
    }
  | ApprovalEvent;

/** `placement-<id>` (批次实习): a batch of a project. Handing over to the next batch is said by both. */
export type PlacementEvent =
  | {
      type: 'BatchStarted';
      data: {
        organizationId: string;
        project: Bilingual;
        /** Enrollment ids. */
        members: readonly string[];
        /** The batch before in the same project. */
        follows: string | null;
        /** Plain date on which the batch is to end. */
        until: string;
      };
    }
  | { type: 'HandoverGiven'; data: { to: string } }
  | { type: 'HandoverAcknowledged'; data: { other: string } }
  | { type: 'BatchEnded'; data: NoData };

type Own = OpeningEvent | SelectionEvent | ContractEvent | PlacementEvent;

export const apprenticeshipCatalog = {
  OpeningPublished: { version: 1, title: { zh: '发布学徒岗位', en: 'Opening published' } },
  OpeningClosed: { version: 1, title: { zh: '关闭学徒岗位', en: 'Opening closed' } },
  ApplicationSubmitted: {
    version: 1,
    personal: { statement: 'identity' },
    title: { zh: '提交申请', en: 'Application submitted' },
  },
  ApplicationScreened: { version: 1, title: { zh: '初审通过', en: 'Application screened' } },
  ApplicantAssessed: { version: 1, title: { zh: '遴选考核', en: 'Applicant assessed' } },
  OfferMade: { version: 1, title: { zh: '发出录用', en: 'Offer made' } },
  OfferAccepted: { version: 1, title: { zh: '接受录用', en: 'Offer accepted' } },
  OfferDeclined: { version: 1, title: { zh: '谢绝录用', en: 'Offer declined' } },
  OfferExpired: { version: 1, title: { zh: '录用过期', en: 'Offer expired' } },
  ApplicationRejected: { version: 1, title: { zh: '未获录用', en: 'Application rejected' } },
  ApplicationWithdrawn: { version: 1, title: { zh: '撤回申请', en: 'Application withdrawn' } },
  ContractDrafted: { version: 1, personal: { texts: 'identity' }, title: { zh: '起草三方协议', en: 'Contract drafted' } },
  ContractTermsRevised: { version: 1, personal: { texts: 'identity' }, title: { zh: '修订协议条款', en: 'Terms revised' } },
  ContractSectionConfirmed: { version: 1, title: { zh: '确认条款', en: 'Section confirmed' } },
  ContractSigned: { version: 1, title: { zh: '签署协议', en: 'Contract signed' } },
  ContractConcluded: { version: 1, title: { zh: '协议成立', en: 'Contract concluded' } },
  ContractCancelled: { version: 1, title: { zh: '协议取消', en: 'Contract cancelled' } },
  InternshipInsuranceRecorded: { version: 1, title: { zh: '登记实习保险', en: 'Internship insurance recorded' } },
  MentorAssigned: { version: 1, title: { zh: '指定导师', en: 'Mentor assigned' } },
  MentorReplaced: { version: 1, title: { zh: '更换导师', en: 'Mentor replaced' } },
  ContractStarted: { version: 1, title: { zh: '协议开始', en: 'Contract started' } },
  ContractSuspended: { version: 1, title: { zh: '协议中止', en: 'Contract suspended' } },
  ContractResumed: { version: 1, title: { zh: '协议恢复', en: 'Contract resumed' } },
  AmendmentProposed: { version: 1, personal: { texts: 'identity' }, title: { zh: '提出变更', en: 'Amendment proposed' } },
  AmendmentConsented: { version: 1, title: { zh: '同意变更', en: 'Amendment consented' } },
  AmendmentApproved: { version: 1, title: { zh: '变更生效', en: 'Amendment approved' } },
  AmendmentRejected: { version: 1, title: { zh: '不同意变更', en: 'Amendment rejected' } },
  AmendmentCancelled: { version: 1, title: { zh: '撤回变更', en: 'Amendment cancelled' } },
  AmendmentExpired: { version: 1, title: { zh: '变更过期', en: 'Amendment expired' } },
  ContractTerminated: { version: 1, title: { zh: '提前解除', en: 'Contract terminated' } },
  TerminationReversed: { version: 1, effect: 'annuls', title: { zh: '撤销解除', en: 'Termination reversed' } },
  ContractContinued: { version: 1, title: { zh: '协议接续', en: 'Contract continued' } },
  TrainingLogRecorded: {
    version: 1,
    personal: { workOrders: 'identity' },
    title: { zh: '实习日志', en: 'Training log recorded' },
  },
  TrainingLogConfirmed: { version: 1, title: { zh: '确认实习日志', en: 'Training log confirmed' } },
  GatewaySigned: { version: 1, title: { zh: '签署考核准入', en: 'Gateway signed' } },
  ContractCompleted: { version: 1, title: { zh: '协议履行完毕', en: 'Contract completed' } },
  ContractImported: {
    version: 1,
    personal: { guardian: 'contact' },
    title: { zh: '导入既有协议', en: 'Contract imported' },
  },
  BatchStarted: { version: 1, title: { zh: '批次开始', en: 'Batch started' } },
  HandoverGiven: { version: 1, title: { zh: '交接', en: 'Handover given' } },
  HandoverAcknowledged: { version: 1, title: { zh: '确认交接', en: 'Handover acknowledged' } },
  BatchEnded: { version: 1, title: { zh: '批次结束', en: 'Batch ended' } },
} as const satisfies CatalogOf<Exclude<Own, ApprovalEvent>>;
