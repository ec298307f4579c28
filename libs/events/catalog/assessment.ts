import type { Bilingual } from '../../kernel/bilingual.ts';
import type { ApprovalEvent } from '../../kernel/four-eyes.ts';
import type { CatalogOf } from './catalog.ts';
import type { FiveGrade } from './curriculum.ts';
import type { ImportSource } from './enrollment.ts';
import type { Side } from './faculty.ts';

export const attemptKinds = {
  first: { zh: '正常考试', en: 'first attempt' },
  deferred: { zh: '缓考', en: 'deferred examination' },
  'make-up': { zh: '补考', en: 'make-up' },
  retake: { zh: '重修', en: 'retake' },
} as const;
export type AttemptKind = keyof typeof attemptKinds;

export const attemptStatuses = {
  open: { zh: '评分中', en: 'being scored' },
  submitted: { zh: '已提交', en: 'submitted' },
  moderated: { zh: '已复核', en: 'moderated' },
  published: { zh: '已公布', en: 'published' },
  final: { zh: '已确定', en: 'final' },
  imported: { zh: '导入的既有成绩', en: 'imported' },
  voided: { zh: '作废', en: 'voided' },
} as const;
export type AttemptStatus = keyof typeof attemptStatuses;

/** What an attempt came to, as far as it decides what may follow. */
export const attemptOutcomes = {
  undecided: { zh: '尚无成绩', en: 'without a result yet' },
  passed: { zh: '及格', en: 'passed' },
  failed: { zh: '不及格', en: 'failed' },
  deferred: { zh: '缓考', en: 'deferred' },
  misconduct: { zh: '违纪', en: 'voided for misconduct' },
  cancelled: { zh: '取消', en: 'cancelled' },
  'opened-in-error': { zh: '误开', en: 'opened in error' },
} as const;
export type AttemptOutcome = keyof typeof attemptOutcomes;

export const resultCodes = {
  deferred: { zh: '缓考', en: 'deferred' },
  absent: { zh: '缺考', en: 'absent' },
  cheating: { zh: '作弊', en: 'cheating' },
  exempted: { zh: '免修', en: 'exempted' },
  cancelled: { zh: '取消', en: 'cancelled' },
} as const;
export type ResultCode = keyof typeof resultCodes;

/** What came of an attempt. Scores are hundredths of a point. */
export interface Result {
  /** After rounding and cap; null beside a code, and where only a grade is known. */
  readonly score: number | null;
  /** Present on the five-grade scale. */
  readonly grade: FiveGrade | null;
  readonly code: ResultCode | null;
  readonly passed: boolean;
  /** Whether the make-up's cap lowered the score. */
  readonly capped: boolean;
}

/** What a component's scores add up to, by the scheme. */
export interface ComponentResult {
  readonly component: string;
  readonly score: number;
  /** Basis points. */
  readonly weight: number;
}

/** `attempt-<id>`: one learner, one course, one attempt, which are its key. Never overwritten. */
export type AttemptEvent =
  | {
      type: 'AttemptOpened';
      data: {
        learnerId: string;
        enrollmentId: string;
        courseId: string;
        courseVersion: number;
        /** Hundredths. */
        credits: number;
        kind: AttemptKind;
        /** From 1, over all attempts of this learner at this course. */
        number: number;
        /** The attempt that it follows; null for the first. */
        follows: string | null;
        schemeId: string;
        schemeVersion: number;
        /** Name of the academic year and of its term, as the calendar has them. */
        academicYear: string;
        term: string;
        /** Teaching class whose teachers score. */
        classId: string | null;
        /** Contract whose mentors score for the enterprise; with `final`, its gateway was signed by both sides. */
        contractId: string | null;
        final: boolean;
        mode: 'in-person' | 'online';
      };
    }
  /** A later score of the same assessor for the same part replaces the earlier one until the result is submitted. */
  | {
      type: 'ComponentScored';
      data: {
        component: string;
        part: 'score' | 'baseline' | 'exit';
        score: number;
        /** `sub` of the assessor. */
        assessor: string;
        side: Side;
        /** The third marker's score settles a divergence. */
        third: boolean;
      };
    }
  | { type: 'ResultSubmitted'; data: { result: Result; components: readonly ComponentResult[] } }
  /** By another person than submitted it; `result` is the one to be published. */
  | { type: 'ResultModerated'; data: { result: Result } }
  /** `appealUntil` is a plain date, the last day on which an appeal can be filed. */
  | { type: 'ResultPublished'; data: { result: Result; credits: number; appealUntil: string } }
  | { type: 'AppealFiled'; data: { appealId: string } }
  | { type: 'AppealUpheld'; data: { appealId: string; result: Result } }
  | { type: 'AppealDismissed'; data: { appealId: string } }
  | { type: 'ResultFinalized'; data: { result: Result; credits: number } }
  | { type: 'AttemptVoided'; data: { ground: 'misconduct' | 'opened-in-error' } }
  | {
      type: 'GradeCorrected';
      data: {
        requestId: string;
        /** Revision of the event that said the result last. */
        target: string;
        field: 'result';
        old: Result;
        new: Result;
        /** pass → fail reverses the credit, fail → pass deposits it, pass → pass changes the grade. */
        consequence: 'reverses-credit' | 'deposits-credit' | 'changes-grade' | 'none';
      };
    }
  | {
      type: 'ResultImported';
      data: {
        learnerId: string;
        enrollmentId: string;
        /** Null where the ledger does not know the course; its code and name stand here in any case. */
        courseId: string | null;
        courseCode: string;
        courseName: Bilingual;
        credits: number;
        nature: string | null;
        category: string | null;
        kind: AttemptKind;
        /** Order among attempts of the same kind in the same term, from 1. */
        order: number;
        academicYear: string;
        term: string;
        result: Result;
        /** As the sheet has them, without weights. */
        components: readonly { readonly name: string; readonly score: number }[];
        voided: boolean;
        teachingClass: string | null;
        source: ImportSource;
      };
    }
  | ApprovalEvent;

export const assessmentCatalog = {
  AttemptOpened: { version: 1, title: { zh: '开考', en: 'Attempt opened' } },
  ComponentScored: { version: 1, title: { zh: '分项评分', en: 'Component scored' } },
  ResultSubmitted: { version: 1, title: { zh: '提交成绩', en: 'Result submitted' } },
  ResultModerated: { version: 1, title: { zh: '复核成绩', en: 'Result moderated' } },
  ResultPublished: { version: 1, title: { zh: '公布成绩', en: 'Result published' } },
  AppealFiled: { version: 1, title: { zh: '申诉', en: 'Appeal filed' } },
  AppealUpheld: { version: 1, title: { zh: '申诉成立', en: 'Appeal upheld' } },
  AppealDismissed: { version: 1, title: { zh: '申诉驳回', en: 'Appeal dismissed' } },
  ResultFinalized: { version: 1, title: { zh: '成绩确定', en: 'Result finalized' } },
  AttemptVoided: { version: 1, title: { zh: '成绩作废', en: 'Attempt voided' } },
  GradeCorrected: { version: 1, effect: 'replaces', title: { zh: '成绩更正', en: 'Grade corrected' } },
  ResultImported: { version: 1, title: { zh: '导入既有成绩', en: 'Result imported' } },
} as const satisfies CatalogOf<Exclude<AttemptEvent, ApprovalEvent>>;
