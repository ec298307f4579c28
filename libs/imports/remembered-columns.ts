import type { ImportEvent } from '../events/catalog/enrollment.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Codec } from '../runtime/codec.ts';
import type { Reading } from './importing.ts';

type Started = Extract<ImportEvent, { type: 'ImportStarted' }>;

export interface RememberedColumn {
  readonly kind: string;
  readonly header: string;
  readonly field: string;
}

/** What institutions said of their columns, by the kind of file: the last run of a kind that says anything tells. */
export class RememberedColumns {
  private readonly store: EventStore;
  private readonly codec: Codec;
  private readonly institutions = new Map<string, Map<string, readonly RememberedColumn[]>>();
  private scannedTo = 0n;
  private refreshing: Promise<void> | null = null;

  constructor(store: EventStore, codec: Codec) {
    this.store = store;
    this.codec = codec;
  }

  /** Reads what was appended since the last time. */
  refresh(): Promise<void> {
    this.refreshing ??= this.scan().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  of(institutionId: string): readonly RememberedColumn[] {
    return [...(this.institutions.get(institutionId)?.values() ?? [])].flat();
  }

  private async scan(): Promise<void> {
    for (;;) {
      const page = await this.store.readAll(this.scannedTo, { types: ['ImportStarted'], prefixes: ['import-'], limit: 5000 });
      for (const stored of page.events) {
        const { institutionId, data } = this.codec.decode(stored) as Recorded<Started>;
        const { columns } = (data.options['reading'] ?? {}) as Reading;
        if (!columns) continue;
        const kinds = this.institutions.get(institutionId) ?? new Map<string, readonly RememberedColumn[]>();
        this.institutions.set(institutionId, kinds);
        kinds.set(
          data.kind,
          columns.map(({ header, field }) => ({ kind: data.kind, header, field })),
        );
      }
      this.scannedTo = page.scannedTo;
      if (page.end) return;
    }
  }
}
