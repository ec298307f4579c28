import type { AttemptKind, ComponentResult, Result } from '../events/catalog/assessment.ts';
import { courseNatures, type AssessmentPolicy, type CourseNature, type PlanModule } from '../events/catalog/curriculum.ts';
import type { Side } from '../events/catalog/faculty.ts';
import { attemptStatuses, type Attempt } from '../facts/attempt.ts';
import {
  latestOf,
  versionOf,
  type CourseFact,
  type CourseVersion,
  type PlanVersion,
  type SchemeFact,
} from '../facts/curriculum.ts';
import type { Bilingual } from '../kernel/bilingual.ts';
import { weightedAverage } from '../kernel/score.ts';

/**
 * What a transcript (成绩单) says, computed from attempts and from what they pin. Pure, and in integers: credits and scores are hundredths.
 * A course's credits are earned once however many times it was passed; of its attempts the one that the policy names weighs in the average.
 */

// ── what it is made of ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** As the attempt's own, with an appeal that is open. */
export const entryStatuses = { ...attemptStatuses, appealed: { zh: '申诉中', en: 'under appeal' } } as const;
export type EntryStatus = keyof typeof entryStatuses;

/** Only these are results; what is not published is for the registrar and for the teachers of the class alone. */
export const isResult = (status: EntryStatus): boolean => ['published', 'appealed', 'final', 'imported'].includes(status);

export interface Mark {
  readonly component: string;
  readonly part: 'score' | 'baseline' | 'exit';
  readonly score: number;
  readonly side: Side;
  /** The third marker's. */
  readonly third: boolean;
}

/** Where an imported result comes from, and who brought it in. */
export interface Attested {
  readonly run: string;
  readonly row: number;
  readonly fileDigest: string;
  /** `sub` of the registrar who imported it. */
  readonly by: string;
}

/** An attempt as its own stream tells it. */
export interface Entry {
  readonly attemptId: string;
  readonly learnerId: string;
  readonly enrollmentId: string;
  /** Null where the ledger does not know the course; its code and name then stand in `said`. */
  readonly courseId: string | null;
  readonly courseVersion: number | null;
  /** What the source of an imported result says of its course. */
  readonly said: {
    readonly code: string;
    readonly name: Bilingual;
    readonly nature: string | null;
    readonly category: string | null;
    readonly teachingClass: string | null;
  } | null;
  readonly credits: number;
  readonly kind: AttemptKind;
  /** From 1: over all attempts at the course, for an imported one among those of its kind in the term. */
  readonly number: number;
  readonly follows: string | null;
  readonly schemeId: string | null;
  readonly schemeVersion: number | null;
  readonly academicYear: string;
  readonly term: string;
  readonly classId: string | null;
  readonly contractId: string | null;
  readonly status: EntryStatus;
  readonly result: Result | null;
  readonly components: readonly ComponentResult[];
  /** Components of an imported result, without weights. */
  readonly importedComponents: readonly { readonly name: string; readonly score: number }[];
  readonly marks: readonly Mark[];
  readonly corrected: boolean;
  /** Whether its result was ever told to the learner. */
  readonly told: boolean;
  readonly voided: Attempt['voided'];
  /** Plain date, the last day of the appeal window; null while nothing is published. */
  readonly appealUntil: string | null;
  readonly source: Attested | null;
}

/** What attempts pin, by id. What is unknown is absent. */
export interface Pinned {
  readonly courses: ReadonlyMap<string, CourseFact>;
  readonly schemes: ReadonlyMap<string, SchemeFact>;
  /** Of the training program in the version of the student's entry. */
  readonly plan: PlanVersion | null;
  readonly policy: AssessmentPolicy;
}

// ── what it says ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface CourseSaid {
  readonly courseId: string | null;
  readonly code: string;
  readonly name: Bilingual;
  readonly version: number | null;
}

export interface Line {
  readonly entry: Entry;
  readonly course: CourseSaid;
  /** A code of the catalog, or a word of an imported sheet. */
  readonly nature: string | null;
  readonly category: string | null;
  /** Code of the plan's module in which it counts; null outside of the plan. */
  readonly module: string | null;
  readonly components: readonly {
    readonly code: string;
    readonly name: Bilingual;
    readonly weight: number | null;
    readonly score: number;
  }[];
  /** Whether this pass is the one that earned the course's credits. */
  readonly earned: boolean;
  /** Whether it weighs in the average. */
  readonly weighed: boolean;
}

export interface ModuleProgress {
  readonly module: PlanModule;
  readonly earned: number;
  readonly missing: number;
}

export interface Progress {
  readonly version: number;
  readonly entriesFrom: string;
  readonly required: number;
  /** What counts in the plan's modules. */
  readonly earned: number;
  readonly missing: number;
  readonly modules: readonly ModuleProgress[];
  /** Courses of the plan that are not passed; `attempted` where there is a result. */
  readonly notPassed: readonly (CourseSaid & {
    readonly module: string;
    readonly nature: CourseNature;
    readonly attempted: boolean;
  })[];
}

export interface Transcript {
  /** By academic year, term and course; attempts at one course in their order. */
  readonly lines: readonly Line[];
  readonly credits: {
    readonly earned: number;
    readonly byNature: readonly { readonly nature: string | null; readonly earned: number }[];
    /** `module` is null outside of the plan. */
    readonly byModule: readonly { readonly module: string | null; readonly earned: number }[];
  };
  readonly average: {
    /** Null where nothing weighs in. */
    readonly score: number | null;
    readonly courses: number;
    readonly credits: number;
    readonly policy: AssessmentPolicy['average'];
  };
  /** Null where the program has no plan for the student's entry. */
  readonly progress: Progress | null;
}

// ── computing it ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const kindOrder: Readonly<Record<AttemptKind, number>> = { first: 0, deferred: 1, 'make-up': 2, retake: 3 };

const compared = (a: string | number, b: string | number): number => (a === b ? 0 : a < b ? -1 : 1);

/** Attempts at one course as they came one after another; numbers of imported ones count within their kind and term alone. */
const inTime = (a: Entry, b: Entry): number =>
  compared(a.academicYear, b.academicYear) ||
  compared(a.term, b.term) ||
  (a.source === null && b.source === null ? compared(a.number, b.number) : 0) ||
  compared(kindOrder[a.kind], kindOrder[b.kind]) ||
  compared(a.number, b.number) ||
  compared(a.attemptId, b.attemptId);

function courseOf(
  { courseId, courseVersion, said }: Entry,
  { courses }: Pinned,
): CourseSaid & { readonly fact: CourseVersion | null } {
  const known = courseId === null ? [] : (courses.get(courseId) ?? []);
  const fact = (courseVersion === null ? latestOf(known) : versionOf(known, courseVersion)) ?? null;
  const code = fact?.code ?? said?.code ?? courseId ?? '';
  // A sheet's own name is what the source attests.
  return { courseId, code, name: said?.name ?? fact?.name ?? { zh: code, en: code }, version: courseVersion, fact };
}

function lineOf(entry: Entry, pinned: Pinned): Omit<Line, 'earned' | 'weighed'> {
  const { fact, ...course } = courseOf(entry, pinned);
  const { plan, schemes, courses } = pinned;
  // An imported result may name its course by its code alone.
  const planned = plan?.courses.find(
    ({ courseId }) => courseId === entry.courseId || latestOf(courses.get(courseId) ?? [])?.code === course.code,
  );
  const module = planned?.module ?? fact?.module ?? null;
  const scheme = entry.schemeId === null ? undefined : versionOf(schemes.get(entry.schemeId) ?? [], entry.schemeVersion ?? 0);
  const named = (code: string): Bilingual => scheme?.components.find((one) => one.code === code)?.name ?? { zh: code, en: code };
  return {
    entry,
    course,
    nature: planned?.nature ?? entry.said?.nature ?? fact?.nature ?? null,
    category: entry.said?.category ?? fact?.category ?? null,
    module: plan?.modules.some(({ code }) => code === module) ? module : null,
    components: [
      ...entry.components.map(({ component, score, weight }) => ({ code: component, name: named(component), weight, score })),
      ...entry.importedComponents.map(({ name, score }) => ({ code: name, name: { zh: name, en: name }, weight: null, score })),
    ],
  };
}

/**
 * Hundredths that an attempt weighs in with. Who was absent or cheated has no score and weighs in with none; an exemption, a deferral and a mere pass
 * say nothing of how well somebody did.
 */
function weighedScore({ result }: Entry, { gradeScores }: AssessmentPolicy['average']): number | null {
  if (result === null) return null;
  if (result.score !== null) return result.score;
  if (result.grade !== null) return gradeScores[result.grade];
  return result.code === 'absent' || result.code === 'cheating' ? 0 : null;
}

/** The attempt of a course that weighs in. `attempts` are results, in time. */
function chosen(attempts: readonly Entry[], policy: AssessmentPolicy['average']): { entry: Entry; score: number } | null {
  const failedSoFar = !attempts.some(({ result }) => result?.passed);
  if (failedSoFar && policy.failed === 'left-out') return null;
  let best: { entry: Entry; score: number } | null = null;
  for (const entry of attempts) {
    const score = weighedScore(entry, policy);
    if (score !== null && (best === null || policy.attempt === 'last' || score >= best.score)) best = { entry, score };
  }
  return best;
}

/** Sums by a key, in the order in which the keys first came. */
function sumBy<K>(lines: readonly Line[], key: (line: Line) => K): readonly (readonly [K, number])[] {
  const sums = new Map<K, number>();
  for (const line of lines) if (line.earned) sums.set(key(line), (sums.get(key(line)) ?? 0) + line.entry.credits);
  return [...sums];
}

/** The transcript of one enrollment. */
export function transcriptOf(entries: readonly Entry[], pinned: Pinned): Transcript {
  const policy = pinned.policy.average;
  const all = entries.toSorted(inTime).map((entry) => lineOf(entry, pinned));
  const byCourse = Map.groupBy(
    all.filter(({ entry }) => isResult(entry.status)),
    ({ course }) => course.code,
  );
  const earning = new Set<Entry>();
  const weighing = new Map<Entry, number>();
  for (const lines of byCourse.values()) {
    const attempts = lines.map(({ entry }) => entry);
    const pass = attempts.find(({ result }) => result?.passed);
    if (pass) earning.add(pass);
    const weighed = chosen(attempts, policy);
    if (weighed) weighing.set(weighed.entry, weighed.score);
  }
  const lines: Line[] = all
    .map((line) => ({ ...line, earned: earning.has(line.entry), weighed: weighing.has(line.entry) }))
    .toSorted(
      (a, b) =>
        compared(a.entry.academicYear, b.entry.academicYear) ||
        compared(a.entry.term, b.entry.term) ||
        compared(a.course.code, b.course.code) ||
        inTime(a.entry, b.entry),
    );
  const weights = [...weighing].map(([{ credits }, score]) => ({ score, weight: credits }));
  const passed = new Set([...earning].map((entry) => courseOf(entry, pinned).code));
  return {
    lines,
    credits: {
      earned: [...earning].reduce((sum, { credits }) => sum + credits, 0),
      byNature: sumBy(lines, ({ nature }) => nature)
        .map(([nature, earned]) => ({ nature, earned }))
        .toSorted((a, b) => compared(natureOrder(a.nature), natureOrder(b.nature)) || compared(a.nature ?? '', b.nature ?? '')),
      byModule: modulesEarned(lines, pinned.plan),
    },
    average: {
      score: weightedAverage(weights, policy.rounding),
      courses: weights.length,
      credits: weights.reduce((sum, { weight }) => sum + weight, 0),
      policy,
    },
    progress: pinned.plan && progressOf(pinned.plan, lines, passed, new Set(byCourse.keys()), pinned),
  };
}

const natureOrder = (nature: string | null): number => {
  const at = Object.keys(courseNatures).indexOf(nature ?? '');
  return at === -1 ? Object.keys(courseNatures).length : at;
};

/** Modules in the plan's order, those in which something was earned; what counts in none comes last. */
function modulesEarned(lines: readonly Line[], plan: PlanVersion | null): Transcript['credits']['byModule'] {
  const sums = new Map(sumBy(lines, ({ module }) => module));
  return [...(plan?.modules.map(({ code }) => code) ?? []), null].flatMap((module) => {
    const earned = sums.get(module);
    return earned === undefined ? [] : [{ module, earned }];
  });
}

function progressOf(
  plan: PlanVersion,
  lines: readonly Line[],
  passed: ReadonlySet<string>,
  attempted: ReadonlySet<string>,
  { courses }: Pinned,
): Progress {
  const sums = new Map(sumBy(lines, ({ module }) => module));
  const modules = plan.modules.map((module) => {
    const earned = sums.get(module.code) ?? 0;
    return { module, earned, missing: Math.max(0, module.requiredCredits - earned) };
  });
  const earned = modules.reduce((sum, one) => sum + one.earned, 0);
  const notPassed = plan.courses.flatMap(({ courseId, module, nature }) => {
    const fact = latestOf(courses.get(courseId) ?? []);
    const code = fact?.code ?? courseId;
    if (passed.has(code)) return [];
    const name = fact?.name ?? { zh: code, en: code };
    return [{ courseId, code, name, version: null, module, nature, attempted: attempted.has(code) }];
  });
  return {
    version: plan.version,
    entriesFrom: plan.entriesFrom,
    required: plan.requiredCredits,
    earned,
    missing: Math.max(0, plan.requiredCredits - earned),
    modules,
    notPassed,
  };
}
