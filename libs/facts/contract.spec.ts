import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { cancelled, completed, drafted, live, suspended, terminated, worth } from '../../test/support/apprentices.ts';
import { past, recordedOf, type Past } from '../../test/support/past.ts';
import type { ContractEvent } from '../events/catalog/apprenticeship.ts';
import { effectOf } from '../events/events.ts';
import { asOf } from '../kernel/as-of.ts';
import { contractFact, foldContract, pendingAmendment, sectionsUnconfirmedBy, unconfirmed, unsigned } from './contract.ts';

const { initial, ...source } = contractFact('c1');
const folded = (...events: readonly Past<ContractEvent>[]) =>
  recordedOf(events, 'contract-c1').reduce((state, event) => source.evolve(state, event), initial);

const reversed = past<ContractEvent>(
  '2026-03-06',
  { type: 'TerminationReversed', data: { requestId: 'q1', target: String(terminated().length - 1) } },
  { recorded: '2026-03-20' },
);
const { texts, ...terms } = worth({ to: '2027-06-30' });
const amendment = (type: 'AmendmentRejected' | 'AmendmentApproved'): readonly Past<ContractEvent>[] => [
  past('2026-03-07', {
    type: 'AmendmentProposed',
    data: {
      amendmentId: 'm',
      by: 'school',
      terms,
      texts,
      changed: [],
      guardianNeeded: true,
      expiresAt: '2026-04-01T00:00:00.000Z',
    },
  }),
  past(
    '2026-03-08',
    type === 'AmendmentApproved' ? { type, data: { amendmentId: 'm' } } : { type, data: { amendmentId: 'm', party: 'school' } },
  ),
];

describe('a contract’s fold', () => {
  it('never throws, whatever the order and whatever is missing', () => {
    const histories = [
      ...suspended(),
      ...cancelled(),
      ...completed(),
      ...terminated(),
      reversed,
      ...amendment('AmendmentApproved'),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(histories), (events) => {
        const state = folded(...events);
        expect([unconfirmed(state), unsigned(state)]).toBeDefined();
        expect(state.history).toHaveLength(events.length);
      }),
    );
  });

  it('reads a reversed termination as if it had never been, and still knows what was believed', () => {
    const events = [...terminated(), reversed];
    expect(folded(...events)).toMatchObject({ status: 'live', endedOn: null });
    const log = recordedOf(events, 'contract-c1');
    const believed = (recordedAsOf: string) => foldContract(asOf(log, effectOf, { recordedAsOf })).status;
    expect(believed('2026-03-10T00:00:00.000Z')).toBe('terminated');
    expect(believed('2026-03-21T00:00:00.000Z')).toBe('live');
    const then = foldContract(asOf(log, effectOf, { effectiveAsOf: '2026-02-20T00:00:00.000Z' }));
    expect(then.status).toBe('concluded');
  });

  it('knows what waits: sections, signatures, an amendment in its time', () => {
    const draft = folded(...drafted({ guardianNeeded: true }));
    expect(sectionsUnconfirmedBy(draft, 'guardian')).toHaveLength(draft.terms!.sections.length);
    expect(unsigned(draft)).toEqual(['school', 'enterprise', 'apprentice', 'guardian']);
    const proposed = folded(...live(), amendment('AmendmentRejected')[0]!);
    expect(pendingAmendment(proposed, '2026-03-31T00:00:00.000Z')?.amendmentId).toBe('m');
    expect(pendingAmendment(proposed, '2026-04-01T00:00:00.000Z')).toBeUndefined();
    expect(folded(...live(), ...amendment('AmendmentRejected')).terms?.to).toBe('2026-12-31');
    expect(folded(...live(), ...amendment('AmendmentApproved')).terms?.to).toBe('2027-06-30');
  });
});
