import type { ImportEvent } from '../events/catalog/enrollment.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Codec } from '../runtime/codec.ts';
import { LogIndex } from './log-index.ts';
import { importStream } from './run.ts';

type Started = Extract<ImportEvent, { type: 'ImportStarted' }>;
type Finished = Extract<ImportEvent, { type: 'ImportFinished' }>;

/** A run that is on the log. */
export interface IndexedRun {
  readonly runId: string;
  readonly institutionId: string;
  readonly kind: string;
  readonly ordinal: number;
  readonly by: string;
  readonly startedAt: string;
  readonly finished: Finished['data'] | null;
}

/** The runs of all institutions. */
export class RunIndex extends LogIndex<Recorded<Started | Finished>> {
  private readonly runs = new Map<string, IndexedRun>();

  constructor(store: EventStore, codec: Codec) {
    super(store, codec, { types: ['ImportStarted', 'ImportFinished'], prefixes: [importStream('')] });
  }

  async of(institutionId: string): Promise<readonly IndexedRun[]> {
    await this.refresh();
    return [...this.runs.values()].filter((run) => run.institutionId === institutionId);
  }

  protected note({ stream, type, data, institutionId, actor, recordedAt }: Recorded<Started | Finished>): void {
    const runId = stream.slice(importStream('').length);
    if (type === 'ImportFinished') {
      const run = this.runs.get(runId);
      if (run) this.runs.set(runId, { ...run, finished: data });
      return;
    }
    const { kind, ordinal } = data;
    this.runs.set(runId, { runId, institutionId, kind, ordinal, by: actor.personId, startedAt: recordedAt, finished: null });
  }
}
