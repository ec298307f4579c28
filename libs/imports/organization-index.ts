import type { OrganizationEvent } from '../events/catalog/partnership.ts';
import { checkCreditCode } from '../kernel/national-id.ts';
import type { Recorded } from '../kernel/decider.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Codec } from '../runtime/codec.ts';
import { LogIndex } from './log-index.ts';
import { plainName } from './program-index.ts';

export interface IndexedOrganization {
  readonly organizationId: string;
  readonly institutionId: string;
  readonly creditCode: string;
  readonly kind: string;
  readonly zh: string;
  readonly en: string;
}

/** Organizations by credit code and name. */
export class OrganizationIndex extends LogIndex<Recorded<OrganizationEvent>> {
  private readonly organizations: IndexedOrganization[] = [];

  constructor(store: EventStore, codec: Codec) {
    super(store, codec, { types: ['OrganizationRegistered'], prefixes: ['organization-'] });
  }

  protected note({ institutionId, stream, data }: Recorded<OrganizationEvent>): void {
    const { creditCode, kind, name } = data;
    const organizationId = stream.slice('organization-'.length);
    const [zh, en] = [plainName(name.zh), plainName(name.en)];
    this.organizations.push({ organizationId, institutionId, creditCode, kind, zh, en });
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
