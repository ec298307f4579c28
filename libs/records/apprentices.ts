import type { Parts } from '../edge/parts.ts';
import type { ContractEvent, PlacementEvent, SelectionEvent } from '../events/catalog/apprenticeship.ts';
import type { TeacherEvent } from '../events/catalog/faculty.ts';
import { contractStream, foldContract, hoursOf, type Contract } from '../facts/contract.ts';
import { evolvePlacement, initialPlacement, placementStream, type Placement } from '../facts/placement.ts';
import { selectionStream } from '../facts/selection.ts';
import { teacherStream } from '../facts/teacher.ts';
import type { AsOf } from '../kernel/as-of.ts';
import { historyAsOf, type Log } from '../read-models/as-of.ts';
import { gapsOf, type Batch, type Gap, type Standing } from '../read-models/apprentice-seams.ts';
import {
  contractStory,
  selectionStory,
  teacherStory,
  type ContractStory,
  type SelectionStory,
} from '../read-models/apprentice-story.ts';

/** Reads the apprentice record as of any moment, from the log itself. Which records are somebody's is said by the view. */

export interface ContractThen {
  readonly story: ContractStory;
  readonly gaps: readonly Gap[];
  readonly hours: { readonly recorded: number; readonly confirmed: number };
  /** By the Monday of the week; work orders sealed. */
  readonly logs: Contract['logs'];
  readonly approvals: Contract['approvals'];
  readonly texts: NonNullable<Contract['terms']>['texts'];
}

export class Apprentices {
  private readonly log: Log;
  private readonly institutionId: string;
  private readonly when: AsOf;
  private readonly standings = new Map<string, readonly Standing[]>();

  constructor(parts: Parts, institutionId: string, when: AsOf = {}) {
    this.log = { store: parts.store, decoder: parts.codec };
    this.institutionId = institutionId;
    this.when = when;
  }

  /** Null where nothing was known of it then, or nothing had become effective. */
  async contract(contractId: string): Promise<ContractThen | null> {
    const history = await historyAsOf<ContractEvent>(this.log, this.institutionId, contractStream(contractId), this.when);
    const story = contractStory(history);
    if (!story) return null;
    const folded = foldContract(history);
    for (const { teacherId } of story.state.mentors) await this.standing(teacherId);
    return {
      story,
      gaps: gapsOf(story.state, story.training, this.standings),
      hours: hoursOf(folded),
      logs: folded.logs,
      approvals: folded.approvals,
      texts: folded.terms?.texts ?? null,
    };
  }

  async selection(selectionId: string): Promise<SelectionStory | null> {
    return selectionStory(
      await historyAsOf<SelectionEvent>(this.log, this.institutionId, selectionStream(selectionId), this.when),
    );
  }

  async batch(placementId: string): Promise<Batch | null> {
    const history = await historyAsOf<PlacementEvent>(this.log, this.institutionId, placementStream(placementId), this.when);
    const state = history.reduce((s: Placement, event) => evolvePlacement(s, event), initialPlacement);
    return state.started ? { id: placementId, state } : null;
  }

  private async standing(teacherId: string): Promise<void> {
    if (this.standings.has(teacherId)) return;
    const history = await historyAsOf<TeacherEvent>(this.log, this.institutionId, teacherStream(teacherId), this.when);
    this.standings.set(teacherId, teacherStory(history)?.standing ?? []);
  }
}
