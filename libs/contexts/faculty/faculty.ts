import type { ImportSource } from '../../events/catalog/enrollment.ts';
import type { Side, TeacherEvent, TeacherProfile } from '../../events/catalog/faculty.ts';
import { organizationFact, type OrganizationFact } from '../../facts/organization.ts';
import {
  evolveTeacher,
  initialTeacher,
  teacherFact,
  teacherStream,
  type EnterprisePractice,
  type Teacher,
  type TeacherStatus,
} from '../../facts/teacher.ts';
import { takeClaim, type Claims } from '../../kernel/claim.ts';
import type { Circumstances, Decider, Decision } from '../../kernel/decider.ts';
import { leg, type Plan, type Source, type Take } from '../../kernel/plan.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { addDays } from '../../kernel/time.ts';

/** A teacher or mentor (双师型): of which side, whether she serves, how she is qualified. Her state and fold are in facts. */
export { teacherIdOf, teacherStream, type Teacher } from '../../facts/teacher.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface RegisterTeacher {
  readonly type: 'RegisterTeacher';
  readonly side: Side;
  /** The enterprise; null for the college's own staff. */
  readonly organizationId: string | null;
  readonly staffNumber: string;
  readonly profile: TeacherProfile;
  readonly contact: { readonly phone: string } | null;
  readonly source: ImportSource | null;
}

export type FacultyCommand =
  | RegisterTeacher
  | { readonly type: 'LinkTeacherAccount'; readonly personId: string }
  | { readonly type: 'GrantDualQualification'; readonly certificate: string; readonly evidence: readonly string[] }
  | ({ readonly type: 'RecordEnterprisePractice' } & EnterprisePractice)
  | { readonly type: 'RaiseEarlyWarning'; readonly ground: string }
  | { readonly type: 'PlanImprovement'; readonly until: string }
  | { readonly type: 'SuspendTeacher'; readonly ground: string }
  | { readonly type: 'WithdrawTeacher'; readonly ground: string }
  | { readonly type: 'ReinstateTeacher'; readonly ground: string };

/** The organization that a command names. */
export interface FacultyFacts {
  readonly organization?: OrganizationFact;
}

// ── guards ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type K = Circumstances<FacultyFacts>;
type FacultyDecision = Decision<TeacherEvent>;

/** Nothing is said about somebody unknown, and nothing before the last word. */
function sayable(s: Teacher, k: K): Refusal | null {
  if (s.status === 'none') return refuse('NOT_FOUND');
  if (k.effectiveAt >= s.lastChangeAt) return null;
  return refuse('EFFECTIVE_BEFORE_LAST_CHANGE', { effectiveAt: k.effectiveAt, lastChangeAt: s.lastChangeAt });
}

const among = (s: Teacher, needed: readonly TeacherStatus[]): Refusal | null =>
  needed.includes(s.status as TeacherStatus) ? null : refuse('TEACHER_STATUS_FORBIDS', { status: s.status, needed });

function enterprise(organizationId: string, { facts: { organization } }: K): Refusal | null {
  if (!organization) return refuse('ORGANIZATION_UNKNOWN', { organization: organizationId });
  return organization.kind === 'enterprise' ? null : refuse('ORGANIZATION_NOT_ENTERPRISE', { kind: organization.kind });
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Once under her staff number. What is sealed can only be compared by the command that said it. */
function register(s: Teacher, { type: _type, ...data }: RegisterTeacher, k: K): FacultyDecision {
  if (s.status !== 'none')
    return s.registeredBy === k.commandDigest ? [] : refuse('TEACHER_EXISTS', { staffNumber: s.staffNumber });
  if ((data.side === 'enterprise') !== (data.organizationId !== null)) return refuse('TEACHER_ORGANIZATION_WRONG');
  const refused = data.organizationId === null ? null : enterprise(data.organizationId, k);
  return refused ?? [{ type: 'TeacherRegistered', data }];
}

/** The same practice again is no event; days are counted once. */
function recordPractice(s: Teacher, practice: EnterprisePractice, k: K): FacultyDecision {
  const refused = sayable(s, k) ?? enterprise(practice.organizationId, k);
  if (refused) return refused;
  const { organizationId, from, to, days } = practice;
  const there = s.practice.filter((other) => other.organizationId === organizationId);
  if (there.some((other) => sameContent(other, practice))) return [];
  if (from > to || to > k.today || days < 1 || addDays(from, days - 1) > to) {
    return refuse('PRACTICE_DATES_WRONG', { from, to, days });
  }
  const overlapping = there.find((other) => other.from <= to && from <= other.to);
  if (overlapping) return refuse('PERIODS_OVERLAP', { with: organizationId, from: overlapping.from, to: overlapping.to });
  return [{ type: 'EnterprisePracticeRecorded', data: practice }];
}

function decide(s: Teacher, c: FacultyCommand, k: K): FacultyDecision {
  switch (c.type) {
    case 'RegisterTeacher':
      return register(s, c, k);
    case 'LinkTeacherAccount':
      if (s.personId === c.personId) return [];
      return sayable(s, k) ?? [{ type: 'TeacherAccountLinked', data: { personId: c.personId } }];
    case 'GrantDualQualification': {
      const { certificate, evidence } = c;
      if (s.certificates.includes(certificate)) return [];
      return sayable(s, k) ?? [{ type: 'DualQualificationGranted', data: { certificate, evidence } }];
    }
    case 'RecordEnterprisePractice': {
      const { organizationId, from, to, days } = c;
      return recordPractice(s, { organizationId, from, to, days }, k);
    }
    case 'RaiseEarlyWarning':
      return sayable(s, k) ?? among(s, ['active']) ?? [{ type: 'EarlyWarningRaised', data: { ground: c.ground } }];
    case 'PlanImprovement':
      if (c.until <= k.effectiveOn) return sayable(s, k) ?? refuse('IMPROVEMENT_OVER', { until: c.until });
      return sayable(s, k) ?? among(s, ['warned']) ?? [{ type: 'ImprovementPlanned', data: { until: c.until } }];
    case 'SuspendTeacher':
      return (
        sayable(s, k) ?? among(s, ['active', 'warned', 'improving']) ?? [{ type: 'TeacherSuspended', data: { ground: c.ground } }]
      );
    case 'WithdrawTeacher':
      return (
        sayable(s, k) ??
        among(s, ['active', 'warned', 'improving', 'suspended']) ?? [{ type: 'TeacherWithdrawn', data: { ground: c.ground } }]
      );
    case 'ReinstateTeacher':
      return (
        sayable(s, k) ??
        among(s, ['improving', 'suspended', 'withdrawn']) ?? [{ type: 'TeacherReinstated', data: { ground: c.ground } }]
      );
    default:
      return c satisfies never;
  }
}

export const teacher: Decider<Teacher, FacultyCommand, TeacherEvent, FacultyFacts> = {
  initial: initialTeacher,
  evolve: evolveTeacher,
  decide,
};

// ── gates ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

/** One teacher per account. */
export const accountClaim = (claims: Claims, stream: string, teacherId: string): Take =>
  takeClaim({
    stream,
    kind: 'teacher-account',
    owner: teacherFact(teacherId),
    holds: (owner) => {
      const { personId } = owner as Teacher;
      return personId !== null && claims.streamOf('teacher-account', personId) === stream;
    },
    otherwise: 'ACCOUNT_TAKEN',
    ownerOf: (owner) => teacherFact(idOf(owner)),
  });

/** The takes that an event of this context opened on a gate, for recovery. Empty for events that take nothing. */
export function takesOf(
  claims: Claims,
  event: { readonly type: string; readonly stream: string; readonly data: object },
): readonly Take[] {
  const { kind, owner } = event.data as { kind?: string; owner?: string };
  const isOurs = event.type === 'ClaimTaken' && kind === 'teacher-account' && owner !== undefined;
  return isOurs ? [accountClaim(claims, event.stream, idOf(owner))] : [];
}

// ── plan ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function planFaculty(teacherId: string, command: FacultyCommand, claims: Claims): Plan<Teacher> {
  const account = (personId: string): Take => accountClaim(claims, claims.streamOf('teacher-account', personId), teacherId);
  const links = command.type === 'LinkTeacherAccount';
  return {
    own: leg(teacherStream(teacherId), teacher, command),
    subjectId: () => teacherId,
    facts: (): Readonly<Record<string, Source>> =>
      'organizationId' in command && command.organizationId !== null
        ? { organization: organizationFact(command.organizationId) }
        : {},
    takes: () => (links ? [account(command.personId)] : []),
    releases: (own) => (links ? own.formerPersonIds.map(account) : []),
  };
}
