import type { ImportEvent } from '../events/catalog/enrollment.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Codec } from '../runtime/codec.ts';
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

/** The runs of all institutions, read from the log as it grows. */
export class RunIndex {
  private readonly store: EventStore;
  private readonly codec: Codec;
  private readonly runs = new Map<string, IndexedRun>();
  private scannedTo = 0n;
  private refreshing: Promise<void> | null = null;

  constructor(store: EventStore, codec: Codec) {
    this.store = store;
    this.codec = codec;
  }

  async of(institutionId: string): Promise<readonly IndexedRun[]> {
    this.refreshing ??= this.scan().finally(() => (this.refreshing = null));
    await this.refreshing;
    return [...this.runs.values()].filter((run) => run.institutionId === institutionId);
  }

  private async scan(): Promise<void> {
    const types = ['ImportStarted', 'ImportFinished'];
    for (;;) {
      const page = await this.store.readAll(this.scannedTo, { types, prefixes: [importStream('')], limit: 5000 });
      for (const stored of page.events) this.note(this.codec.decode(stored) as Recorded<Started | Finished>);
      this.scannedTo = page.scannedTo;
      if (page.end) return;
    }
  }

  private note({ stream, type, data, institutionId, actor, recordedAt }: Recorded<Started | Finished>): void {
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
