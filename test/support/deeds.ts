import type { Ledger } from '../../apps/ledger/ledger.ts';
import type { StoredEvent } from '../../libs/ports/event-store.ts';
import type { Answer, Person } from '../journeys/client.ts';

/** What journeys about one person do again and again, over HTTP and on the log. */

export async function wholeLog({ parts }: Ledger): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let after = 0n, end = false; !end;) {
    const page = await parts.store.readAll(after);
    events.push(...page.events);
    ({ scannedTo: after, end } = page);
  }
  return events;
}

/** Everything that is on the log by now is in the view when this is answered. */
export const upToNow = async ({ parts }: Ledger): Promise<Record<string, string>> => ({
  'ledger-wait-for': String(await parts.store.head()),
});

export const search = async (ledger: Ledger, person: Person, text: string): Promise<Answer> =>
  person.post('/v1/learners/search', { text }, await upToNow(ledger));

/** Asked for by one, granted by another. Gives the grant's answer. */
export async function erase(
  learnerId: string,
  purposes: readonly string[],
  [asks, grants]: readonly [Person, Person],
): Promise<Answer> {
  const asked = await asks.post(`/v1/learners/${learnerId}/request-erasure`, { purposes, legalBasis: 'PIPL art. 47' });
  if (asked.status !== 200) return asked;
  const { requestId, digest } = asked.body;
  return grants.post(`/v1/learners/${learnerId}/grant-approval`, { requestId, digest });
}
