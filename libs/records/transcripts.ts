import type { Parts } from '../edge/parts.ts';
import type { AttemptEvent } from '../events/catalog/assessment.ts';
import { attemptStream } from '../facts/attempt.ts';
import {
  courseFact,
  planFact,
  planFor,
  schemeFact,
  type CourseFact,
  type PlanVersion,
  type SchemeFact,
} from '../facts/curriculum.ts';
import type { Enrollment } from '../facts/enrollment.ts';
import { assessmentPolicyFact } from '../facts/reference.ts';
import type { AsOf } from '../kernel/as-of.ts';
import type { Source } from '../kernel/plan.ts';
import { factAsOf, historyAsOf, type Log } from '../read-models/as-of.ts';
import { entryOf } from '../read-models/transcript.ts';
import { transcriptOf, type Entry, type Transcript } from '../read-models/transcript-record.ts';

/** Puts transcripts together: attempts from the view or, for a moment of the past, from the log, and what they pin from the log. */

/** What a transcript needs to know of an enrollment. */
export interface Studies {
  readonly enrollmentId: string;
  readonly programId: string;
  /** Plain date. */
  readonly entryDate: string;
}

export const studiesOf = (enrollmentId: string, { admission }: Enrollment): Studies => ({
  enrollmentId,
  programId: admission?.programId ?? '',
  entryDate: admission?.entryDate ?? '',
});

/** `all`: with what is not published, marked as such · `told`: what the learner was told. */
export type Audience = 'all' | 'told';

/** An attempt that was opened in error says nothing of the learner, and what was voided has no result. */
export const shownTo = (audience: Audience, entries: readonly Entry[]): readonly Entry[] =>
  audience === 'all'
    ? entries
    : entries
        .filter(({ told, voided }) => told || voided === 'misconduct')
        .map((entry) =>
          entry.status === 'voided' ? { ...entry, result: null, components: [], importedComponents: [], marks: [] } : entry,
        );

/** What transcripts pin, each looked up once however many of them are put together. */
export class Transcripts {
  private readonly parts: Parts;
  private readonly institutionId: string;
  private readonly when: AsOf;
  private readonly found = new Map<string, Promise<unknown>>();

  constructor(parts: Parts, institutionId: string, when: AsOf = {}) {
    this.parts = parts;
    this.institutionId = institutionId;
    this.when = when;
  }

  get isNow(): boolean {
    return this.when.recordedAsOf === undefined && this.when.effectiveAsOf === undefined;
  }

  /** Attempts as they were then, of those that the view knows by now. */
  async entriesThen(attemptIds: readonly string[]): Promise<readonly Entry[]> {
    const { institutionId, when } = this;
    const entries: Entry[] = [];
    for (const attemptId of attemptIds) {
      const history = await historyAsOf<AttemptEvent>(this.log, institutionId, attemptStream(attemptId), when);
      const entry = entryOf(attemptId, history);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  /** The transcript of one enrollment. */
  async of(studies: Studies, entries: readonly Entry[]): Promise<Transcript & { readonly plan: PlanVersion | null }> {
    const own = entries.filter(({ enrollmentId }) => enrollmentId === studies.enrollmentId);
    const recorded = this.when.recordedAsOf === undefined ? {} : { recordedAsOf: this.when.recordedAsOf };
    const plan = planFor(await this.fact(planFact(studies.programId), recorded), studies.entryDate) ?? null;
    const courseIds = new Set([
      ...own.flatMap(({ courseId }) => courseId ?? []),
      ...(plan?.courses.map(({ courseId }) => courseId) ?? []),
    ]);
    // What an attempt pins it pins by its version, whenever that took effect; which policy was in force is a question of its day.
    const courses = new Map<string, CourseFact>();
    for (const courseId of courseIds) courses.set(courseId, await this.fact(courseFact(courseId), recorded));
    const schemes = new Map<string, SchemeFact>();
    for (const schemeId of new Set(own.flatMap((entry) => entry.schemeId ?? [])))
      schemes.set(schemeId, await this.fact(schemeFact(schemeId), recorded));
    const policy = await this.fact(assessmentPolicyFact(this.institutionId), this.when);
    return { ...transcriptOf(own, { courses, schemes, plan, policy }), plan };
  }

  private get log(): Log {
    return { store: this.parts.store, decoder: this.parts.codec };
  }

  private fact<State>(fact: Source<State>, when: AsOf): Promise<State> {
    const key = `${fact.stream} ${when.recordedAsOf ?? ''} ${when.effectiveAsOf ?? ''}`;
    const known = this.found.get(key) as Promise<State> | undefined;
    if (known) return known;
    const finding = this.isNow
      ? this.parts.transactor.load(fact).then(({ state }) => state)
      : factAsOf(this.log, this.institutionId, fact, when);
    this.found.set(key, finding);
    return finding;
  }
}
