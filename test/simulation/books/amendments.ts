import { digestOfTerms, partiesOf, type ContractBook, type TermsBook } from './contracts.ts';
import type { Fail, LogEvent } from './log.ts';

export interface AmendmentBook {
  readonly id: string;
  readonly by: string;
  readonly terms: TermsBook;
  readonly guardianNeeded: boolean;
  readonly expiresAt: string;
  readonly consents: Set<string>;
  outcome: string;
}

/** Changes of a contract's terms: one at a time, and in force once every party has consented to it. */
export class Amendments {
  take(contract: ContractBook, event: LogEvent, fail: Fail): void {
    const id = event.data['amendmentId'] as string;
    if (event.type === 'AmendmentProposed') return this.#proposed(contract, id, event, fail);
    const amendment = contract.amendments.get(id);
    if (!amendment) return fail('amendments', `${id} was never proposed here`);
    if (amendment.outcome !== 'pending') fail('amendments', `${id} is settled: ${amendment.outcome}`);
    const late = event.decidedAt >= amendment.expiresAt;
    if (late !== (event.type === 'AmendmentExpired'))
      fail('amendments', `${event.type} where it expires at ${amendment.expiresAt}`);
    if (event.type === 'AmendmentConsented') {
      const party = event.data['party'] as string;
      if (!partiesOf(amendment).includes(party)) fail('amendments', `the ${party} is no party`);
      if (amendment.consents.has(party)) fail('amendments', `the ${party} consents twice`);
      if (event.data['termsDigest'] !== amendment.terms.termsDigest) fail('amendments', `the ${party} consents to other terms`);
      amendment.consents.add(party);
      return;
    }
    amendment.outcome = event.type;
    if (event.type !== 'AmendmentApproved') return;
    const missing = partiesOf(amendment).filter((party) => !amendment.consents.has(party));
    if (missing.length > 0) fail('amendments', `approved without ${missing.join(' and ')}`);
    contract.terms = amendment.terms;
  }

  #proposed(contract: ContractBook, id: string, event: LogEvent, fail: Fail): void {
    const { by, terms, guardianNeeded, expiresAt } = event.data as unknown as AmendmentBook;
    const pending = [...contract.amendments.values()].find(({ outcome }) => outcome === 'pending');
    if (pending) fail('amendments', `${pending.id} is pending`);
    if (contract.amendments.has(id)) fail('exactly-once', `${id} is proposed twice`);
    if (terms.termsDigest !== digestOfTerms(terms)) fail('signatures', 'the digest is not that of the terms');
    contract.amendments.set(id, { id, by, terms, guardianNeeded, expiresAt, consents: new Set(), outcome: 'pending' });
  }

  whole({ amendments }: ContractBook, fail: Fail): void {
    for (const amendment of amendments.values()) {
      if (amendment.outcome === 'pending' && partiesOf(amendment).every((party) => amendment.consents.has(party)))
        fail('amendments', 'every party consents, and it is not approved');
    }
  }
}
