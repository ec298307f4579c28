import type { ImportSource } from '../events/catalog/enrollment.ts';
import type { Side, TeacherEvent, TeacherProfile, TeacherStatus } from '../events/catalog/faculty.ts';
import type { Recorded } from '../kernel/decider.ts';
import { naturalId } from '../kernel/ids.ts';
import type { Personal } from '../kernel/personal.ts';
import { source, type Source } from '../kernel/plan.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';

export { teacherStatuses, type TeacherStatus } from '../events/catalog/faculty.ts';

/** What a teacher's or mentor's events add up to: one fold for decisions of every context and for views. */
export const teacherStream = (teacherId: string): string => `teacher-${teacherId}`;

/** Key: the organization (null for the college itself) and the staff number in it. */
export const teacherIdOf = (institutionId: string, organizationId: string | null, staffNumber: string): string =>
  naturalId(institutionId, 'teacher', organizationId ?? '', staffNumber);

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface EnterprisePractice {
  readonly organizationId: string;
  /** Plain dates, both inclusive. */
  readonly from: string;
  readonly to: string;
  readonly days: number;
}

export interface Teacher {
  readonly status: TeacherStatus | 'none';
  /** Instant at which that status became true. */
  readonly statusSince: string;
  readonly side: Side | null;
  readonly organizationId: string | null;
  readonly staffNumber: string;
  readonly profile: Personal<TeacherProfile> | null;
  readonly contact: Personal<{ readonly phone: string }> | null;
  /** Digest of the command that registered her: sealed content can only be compared by what said it. */
  readonly registeredBy: string | null;
  readonly source: ImportSource | null;
  /** `sub` of her tokens: the account linked last. */
  readonly personId: string | null;
  /** Accounts that were linked before, and must be let go. */
  readonly formerPersonIds: readonly string[];
  readonly dualQualified: boolean;
  /** Certificates on which the double qualification rests. */
  readonly certificates: readonly string[];
  readonly practice: readonly EnterprisePractice[];
  /** Plain date until which an improvement is planned. */
  readonly improveUntil: string | null;
  readonly lastChangeAt: string;
}

export const initialTeacher: Teacher = {
  status: 'none',
  statusSince: '',
  side: null,
  organizationId: null,
  staffNumber: '',
  profile: null,
  contact: null,
  registeredBy: null,
  source: null,
  personId: null,
  formerPersonIds: [],
  dualQualified: false,
  certificates: [],
  practice: [],
  improveUntil: null,
  lastChangeAt: '',
};

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolveTeacher(s: Teacher, e: Recorded<TeacherEvent>): Teacher {
  const moved = { ...s, lastChangeAt: e.effectiveAt > s.lastChangeAt ? e.effectiveAt : s.lastChangeAt };
  const into = (status: TeacherStatus): Teacher => ({ ...moved, status, statusSince: e.effectiveAt, improveUntil: null });
  switch (e.type) {
    case 'TeacherRegistered':
      return { ...into('active'), ...e.data, registeredBy: e.commandDigest };
    case 'TeacherAccountLinked':
      return {
        ...moved,
        personId: e.data.personId,
        formerPersonIds: [...s.formerPersonIds, ...(s.personId === null ? [] : [s.personId])].filter(
          (personId) => personId !== e.data.personId,
        ),
      };
    case 'DualQualificationGranted':
      return { ...moved, dualQualified: true, certificates: [...s.certificates, e.data.certificate] };
    case 'EnterprisePracticeRecorded':
      return { ...moved, practice: [...s.practice, e.data] };
    case 'EarlyWarningRaised':
      return into('warned');
    case 'ImprovementPlanned':
      return { ...into('improving'), improveUntil: e.data.until };
    case 'TeacherSuspended':
      return into('suspended');
    case 'TeacherWithdrawn':
      return into('withdrawn');
    case 'TeacherReinstated':
      return into('active');
    default:
      return e satisfies never;
  }
}

export const teacherFact = (teacherId: string): Source<Teacher> =>
  source(teacherStream(teacherId), { initial: initialTeacher, evolve: evolveTeacher });

// ── what others ask ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether she may teach, mentor and assess now: a warning or a plan to improve takes nothing away. */
export const isServing = ({ status }: Pick<Teacher, 'status'>): boolean =>
  status === 'active' || status === 'warned' || status === 'improving';

/** Why a teacher may not stand for a side (an enterprise by its id, the college with null); null where she may. */
export function unqualified(
  teacher: Teacher,
  side: Side,
  organizationId: string | null,
  { dual }: { readonly dual: boolean },
): Refusal | null {
  if (teacher.status === 'none') return refuse('TEACHER_UNKNOWN');
  if (teacher.side !== side) return refuse('TEACHER_OF_OTHER_SIDE', { side: teacher.side, wanted: side });
  if (teacher.organizationId !== organizationId) return refuse('TEACHER_OF_OTHER_ORGANIZATION', { wanted: organizationId });
  if (!isServing(teacher)) return refuse('TEACHER_NOT_SERVING', { status: teacher.status, since: teacher.statusSince });
  return dual && !teacher.dualQualified ? refuse('TEACHER_NOT_DUAL_QUALIFIED') : null;
}
