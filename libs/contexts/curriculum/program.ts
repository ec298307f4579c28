import type { PlanCourse, PlanModule, ProgramEvent } from '../../events/catalog/curriculum.ts';
import { latestOf, nextVersion, planVersions, type CourseFact, type PlanFact } from '../../facts/curriculum.ts';
import type { Circumstances, Decider, Decision, Recorded } from '../../kernel/decider.ts';
import { naturalId } from '../../kernel/ids.ts';
import { refuse } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';

/** A program (专业), and the versions of its training program (人才培养方案). Key: code and level. */
export const programIdOf = (institutionId: string, code: string, level: string): string =>
  naturalId(institutionId, 'program', code, level);
export const programStream = (programId: string): string => `program-${programId}`;

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Published = Extract<ProgramEvent, { type: 'ProgramPublished' }>['data'];

export interface VersionPlan {
  readonly type: 'VersionPlan';
  /** Plain date: for students whose entry is on it or later. */
  readonly entriesFrom: string;
  /** Hundredths of a credit. */
  readonly requiredCredits: number;
  readonly modules: readonly PlanModule[];
  readonly courses: readonly PlanCourse[];
}

export type ProgramCommand = ({ readonly type: 'PublishProgram' } & Published) | VersionPlan;

/** The plan's courses, by id. */
export type PlanFacts = Readonly<Record<string, CourseFact>>;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Program {
  readonly published: Published | null;
  readonly plans: PlanFact;
}

const initial: Program = { published: null, plans: planVersions.initial };

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function evolve(s: Program, e: Recorded<ProgramEvent>): Program {
  switch (e.type) {
    case 'ProgramPublished':
      return { ...s, published: e.data };
    case 'PlanVersioned':
      return { ...s, plans: planVersions.evolve(s.plans, e) };
    default:
      return e satisfies never;
  }
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Other content under the same key is refused, never silently taken: pinned decisions rest on it. */
function publish({ published }: Program, data: Published): Decision<ProgramEvent> {
  if (published === null) return [{ type: 'ProgramPublished', data }];
  if (sameContent(published, data)) return [];
  return refuse('REFERENCE_EXISTS', { what: `program ${data.code}`, recorded: published, given: data });
}

const repeated = (codes: readonly string[]): readonly string[] => [
  ...new Set(codes.filter((code, index) => codes.indexOf(code) !== index)),
];

/** Other content is a new version, for students who enter from a day on: never for those to whom an earlier one was promised. */
function versionPlan(s: Program, c: VersionPlan, k: Circumstances<PlanFacts>): Decision<ProgramEvent> {
  if (s.published === null) return refuse('NOT_FOUND');
  const { type: _type, ...content } = c;
  const version = nextVersion(s.plans, content);
  if (version === null) return [];

  const last = latestOf(s.plans);
  if (last && c.entriesFrom < last.entriesFrom) {
    return refuse('PLAN_BEFORE_LAST', { entriesFrom: c.entriesFrom, last: last.entriesFrom });
  }
  const modules = c.modules.map(({ code }) => code);
  const courses = c.courses.map(({ courseId }) => courseId);
  const twice = [...repeated(modules), ...repeated(courses)];
  if (twice.length > 0) return refuse('PLAN_NAMES_TWICE', { entries: twice });
  if (!c.modules.some(({ kind }) => kind === 'shared')) return refuse('PLAN_WITHOUT_PLATFORM');
  const sum = c.modules.reduce((total, { requiredCredits }) => total + requiredCredits, 0);
  if (sum > c.requiredCredits) return refuse('PLAN_CREDITS_EXCEEDED', { modules: sum, required: c.requiredCredits });
  const strange = c.courses.map(({ module }) => module).filter((module) => !modules.includes(module));
  if (strange.length > 0) return refuse('PLAN_MODULE_UNKNOWN', { modules: [...new Set(strange)] });
  const unknown = courses.filter((courseId) => !latestOf(k.facts[courseId] ?? []));
  if (unknown.length > 0) return refuse('COURSE_UNKNOWN', { courses: unknown });
  return [{ type: 'PlanVersioned', data: { version, ...content } }];
}

function decide(s: Program, c: ProgramCommand, k: Circumstances<PlanFacts>): Decision<ProgramEvent> {
  switch (c.type) {
    case 'PublishProgram': {
      const { type: _type, ...data } = c;
      return publish(s, data);
    }
    case 'VersionPlan':
      return versionPlan(s, c, k);
    default:
      return c satisfies never;
  }
}

export const program: Decider<Program, ProgramCommand, ProgramEvent, PlanFacts> = { initial, evolve, decide };
