import type { OrganizationEvent } from '../events/catalog/partnership.ts';
import { checkCreditCode } from '../kernel/national-id.ts';
import type { Recorded } from '../kernel/decider.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Codec } from '../runtime/codec.ts';
import { plainName } from './program-index.ts';

export interface IndexedOrganization {
  readonly organizationId: string;
  readonly institutionId: string;
  readonly creditCode: string;
  readonly kind: string;
  readonly zh: string;
  readonly en: string;
}

/** Organizations by credit code and name, read from the log itself: an import must not depend on how far a view has come. */
export class OrganizationIndex {
  private readonly store: EventStore;
  private readonly codec: Codec;
  private readonly organizations: IndexedOrganization[] = [];
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

  private async scan(): Promise<void> {
    for (;;) {
      const filter = { types: ['OrganizationRegistered'], prefixes: ['organization-'], limit: 5000 };
      const page = await this.store.readAll(this.scannedTo, filter);
      for (const stored of page.events) {
        const { institutionId, stream, data } = this.codec.decode(stored) as Recorded<OrganizationEvent>;
        const { creditCode, kind, name } = data;
        const organizationId = stream.slice('organization-'.length);
        this.organizations.push({
          organizationId,
          institutionId,
          creditCode,
          kind,
          zh: plainName(name.zh),
          en: plainName(name.en),
        });
      }
      this.scannedTo = page.scannedTo;
      if (page.end) return;
    }
  }

  /** The one organization that a cell means, by its code or its name, or why it cannot be told. */
  find(institutionId: string, codeOrName: string): IndexedOrganization | Refusal {
    const code = checkCreditCode(codeOrName.replaceAll(/[\s-]/g, ''));
    const name = plainName(codeOrName);
    const found = this.organizations.filter(
      (one) =>
        one.institutionId === institutionId && (code.ok ? one.creditCode === code.code : one.zh === name || one.en === name),
    );
    if (found.length === 1) return found[0]!;
    if (found.length === 0) return refuse('ORGANIZATION_UNKNOWN', { organization: codeOrName });
    return refuse('ORGANIZATION_AMBIGUOUS', { organization: codeOrName, candidates: found.map(({ creditCode }) => creditCode) });
  }
}
