import type { CourseEvent, FrameworkEvent, ProgramEvent, SchemeEvent } from '../events/catalog/curriculum.ts';
import type { Recorded } from '../kernel/decider.ts';
import { naturalId } from '../kernel/ids.ts';
import { source, type Source } from '../kernel/plan.ts';
import { sameContent } from '../kernel/same.ts';

/** What results and contracts pin of the curriculum: courses, training programs, evaluation schemes and the framework. */

// ── versions ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Versions of one thing, ascending. None was ever removed: what pinned one still finds it. */
export type Versions<V extends Versioned> = readonly V[];

interface Versioned {
  /** From 1. */
  readonly version: number;
}

/** One and the same for every source: by it a folded stream is recognized as folded in this way. */
const none: Versions<never> = [];

export const latestOf = <V extends Versioned>(versions: Versions<V>): V | undefined => versions.at(-1);

export const versionOf = <V extends Versioned>(versions: Versions<V>, version: number): V | undefined =>
  versions.find((one) => one.version === version);

/** Number of the version that this content would be; null where the last one says the same. */
export const nextVersion = <V extends Versioned>(versions: Versions<V>, content: Omit<V, 'version'>): number | null => {
  const last = latestOf(versions);
  return last && sameContent(last, { ...content, version: last.version }) ? null : (last?.version ?? 0) + 1;
};

/** In any order of events: an as-of fold may meet a later version first. */
const withVersion = <V extends Versioned>(versions: Versions<V>, added: V): Versions<V> =>
  [...versions.filter((one) => one.version !== added.version), added].toSorted((a, b) => a.version - b.version);

// ── course ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type CourseVersion = CourseEvent['data'];
export type CourseFact = Versions<CourseVersion>;

export const courseIdOf = (institutionId: string, code: string): string => naturalId(institutionId, 'course', code);
export const courseStream = (courseId: string): string => `course-${courseId}`;

/** Empty where there is no such course. */
export const courseVersions = {
  initial: none as CourseFact,
  evolve: (versions: CourseFact, event: Recorded<CourseEvent>): CourseFact => withVersion(versions, event.data),
};
export const courseFact = (courseId: string): Source<CourseFact> => source(courseStream(courseId), courseVersions);

// ── training program ───────────────────────────────────────────────────────────────────────────────────────────────────────

export type PlanVersion = Extract<ProgramEvent, { readonly type: 'PlanVersioned' }>['data'];
export type PlanFact = Versions<PlanVersion>;

/** Empty where the program has no training program (人才培养方案) yet. */
export const planVersions = {
  initial: none as PlanFact,
  evolve: (versions: PlanFact, event: Recorded<ProgramEvent>): PlanFact =>
    event.type === 'PlanVersioned' ? withVersion(versions, event.data) : versions,
};
export const planFact = (programId: string): Source<PlanFact> => source(`program-${programId}`, planVersions);

/** The version in force for students who entered on a date: the last one that begins on it or before. */
export const planFor = (plans: PlanFact, entryDate: string): PlanVersion | undefined =>
  plans
    .filter((plan) => plan.entriesFrom <= entryDate)
    .toSorted((a, b) => (a.entriesFrom === b.entriesFrom ? a.version - b.version : a.entriesFrom < b.entriesFrom ? -1 : 1))
    .at(-1);

// ── evaluation scheme ──────────────────────────────────────────────────────────────────────────────────────────────────────

export type SchemeVersion = SchemeEvent['data'];
export type SchemeFact = Versions<SchemeVersion>;

export const schemeIdOf = (institutionId: string, code: string): string => naturalId(institutionId, 'scheme', code);
export const schemeStream = (schemeId: string): string => `scheme-${schemeId}`;

/** Empty where there is no such scheme. */
export const schemeVersions = {
  initial: none as SchemeFact,
  evolve: (versions: SchemeFact, event: Recorded<SchemeEvent>): SchemeFact => withVersion(versions, event.data),
};
export const schemeFact = (schemeId: string): Source<SchemeFact> => source(schemeStream(schemeId), schemeVersions);

// ── qualifications framework ───────────────────────────────────────────────────────────────────────────────────────────────

export type FrameworkFact = FrameworkEvent['data'] | null;

export const frameworkStream = (institutionId: string): string => `framework-${institutionId}`;

/** The last one published. */
export const frameworkFact = (institutionId: string): Source<FrameworkFact> =>
  source(frameworkStream(institutionId), {
    initial: null as FrameworkFact,
    evolve: (_, event: Recorded<FrameworkEvent>): FrameworkFact => event.data,
  });
