import type { ImportEvent } from '../events/catalog/enrollment.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Codec } from '../runtime/codec.ts';
import type { Reading } from './importing.ts';
import { LogIndex } from './log-index.ts';

type Started = Extract<ImportEvent, { type: 'ImportStarted' }>;

export interface RememberedColumn {
  readonly kind: string;
  readonly header: string;
  readonly field: string;
}

/** What institutions said of their columns, by the kind of file: the last run of a kind that says anything tells. */
export class RememberedColumns extends LogIndex<Recorded<Started>> {
  private readonly institutions = new Map<string, Map<string, readonly RememberedColumn[]>>();

  constructor(store: EventStore, codec: Codec) {
    super(store, codec, { types: ['ImportStarted'], prefixes: ['import-'] });
  }

  of(institutionId: string): readonly RememberedColumn[] {
    return [...(this.institutions.get(institutionId)?.values() ?? [])].flat();
  }

  protected note({ institutionId, data }: Recorded<Started>): void {
    const { columns } = (data.options['reading'] ?? {}) as Reading;
    if (!columns) return;
    const kinds = this.institutions.get(institutionId) ?? new Map<string, readonly RememberedColumn[]>();
    this.institutions.set(institutionId, kinds);
    kinds.set(
      data.kind,
      columns.map(({ header, field }) => ({ kind: data.kind, header, field })),
    );
  }
}
