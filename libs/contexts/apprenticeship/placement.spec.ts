import { describe, expect, it } from '@jest/globals';
import { enterprise, factOf, student, withdrawn } from '../../../test/support/apprentices.ts';
import { examples, expectTable } from '../../../test/support/given.ts';
import { past, type Past } from '../../../test/support/past.ts';
import type { PlacementEvent } from '../../events/catalog/apprenticeship.ts';
import { enrollmentFact } from '../../facts/enrollment.ts';
import { isHandedOver, placementFact } from '../../facts/placement.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { placementCommands } from './commands.ts';
import { placement, placementStream, type PlacementFacts } from './placement.ts';

const facts: PlacementFacts = { organization: enterprise, 'enrollment-e1': student, 'enrollment-e2': student };
const { given, seen } = examples(placement, facts, placementStream('b1'));

const batch = {
  organizationId: 'jiangnan',
  project: { zh: '双十一客服', en: 'Singles’ Day customer service' },
  members: ['e1', 'e2'],
  follows: null,
  until: '2026-06-30',
} as const;
const started = past<PlacementEvent>('2026-01-05', { type: 'BatchStarted', data: batch });
const nextStarted = past<PlacementEvent>('2026-01-06', { type: 'BatchStarted', data: { ...batch, follows: 'b1' } });
const gave = past<PlacementEvent>('2026-01-08', { type: 'HandoverGiven', data: { to: 'b2' } });
const other = (...events: readonly Past<PlacementEvent>[]) => factOf(placementFact('b2'), ...events);

describe('a batch', () => {
  it('starts with registered students at an enterprise, each named once', () => {
    given().when({ type: 'StartBatch', batch }).gives({ type: 'BatchStarted', data: batch });
    given()
      .when({ type: 'StartBatch', batch: { ...batch, members: ['e1', 'e2', 'e1'] } })
      .gives({ type: 'BatchStarted', data: batch });
    given()
      .when({ type: 'StartBatch', batch }, { facts: { 'enrollment-e2': withdrawn } })
      .refuses('ENROLLMENT_NOT_ACTIVE', { enrollmentId: 'e2', status: 'withdrawn' });
    given()
      .when({ type: 'StartBatch', batch }, { facts: { 'enrollment-e2': enrollmentFact('e2').initial } })
      .refuses('ENROLLMENT_UNKNOWN', { enrollmentId: 'e2' });
    given()
      .when({ type: 'StartBatch', batch }, { facts: { organization: null } })
      .refuses('ORGANIZATION_UNKNOWN');
    given()
      .when({ type: 'StartBatch', batch }, { facts: { organization: { ...enterprise, kind: 'association' } } })
      .refuses('ORGANIZATION_NOT_ENTERPRISE');
    given()
      .when({ type: 'StartBatch', batch: { ...batch, until: '2026-03-10' } })
      .refuses('BATCH_ENDS_BEFORE');
  });

  it('follows one of the same enterprise and project', () => {
    const start = { type: 'StartBatch', batch: { ...batch, follows: 'b0' } } as const;
    given().when(start).refuses('PLACEMENT_UNKNOWN');
    given()
      .when(start, { facts: { other: other(started) } })
      .accepted();
    const elsewhere = past<PlacementEvent>('2026-01-05', { type: 'BatchStarted', data: { ...batch, organizationId: 'x' } });
    given()
      .when(start, { facts: { other: other(elsewhere) } })
      .refuses('BATCH_OF_OTHER_PROJECT');
  });

  it('ends once', () => {
    given(started).when({ type: 'EndBatch' }).gives({ type: 'BatchEnded', data: {} });
    given(started).when({ type: 'EndBatch' }, { on: '2026-01-01' }).refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
    given().when({ type: 'EndBatch' }).refuses('NOT_FOUND');
  });
});

describe('a handover', () => {
  const give = { type: 'GiveHandover', placementId: 'b1', to: 'b2' } as const;
  const acknowledge = { type: 'AcknowledgeHandover', placementId: 'b1', other: 'b2' } as const;

  it('is given to the batch that follows', () => {
    given(started)
      .when(give, { facts: { other: other(nextStarted) } })
      .gives({ type: 'HandoverGiven', data: { to: 'b2' } });
    given(started).when(give).refuses('PLACEMENT_UNKNOWN');
    given(started)
      .when(give, { facts: { other: other(started) } })
      .refuses('BATCH_DOES_NOT_FOLLOW');
    given(started)
      .when(give, { facts: { other: other(nextStarted) }, on: '2026-01-01' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });

  it('is acknowledged by each batch for itself, once it was given', () => {
    given(started, gave)
      .when(acknowledge, { facts: { other: other(nextStarted) } })
      .gives({ type: 'HandoverAcknowledged', data: { other: 'b2' } });
    const incoming = { type: 'AcknowledgeHandover', placementId: 'b2', other: 'b1' } as const;
    given(nextStarted)
      .when(incoming, { facts: { other: other(started, gave) } })
      .gives({ type: 'HandoverAcknowledged', data: { other: 'b1' } });
    given(nextStarted)
      .when(incoming, { facts: { other: other(started) } })
      .refuses('HANDOVER_NOT_GIVEN');
    given(started, gave).when(acknowledge).refuses('PLACEMENT_UNKNOWN');
    given(started, gave)
      .when(acknowledge, { facts: { other: other(nextStarted) }, on: '2026-01-01' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });

  it('is one when both said so', () => {
    const acknowledged = (who: string) =>
      past<PlacementEvent>('2026-01-09', { type: 'HandoverAcknowledged', data: { other: who } });
    const before = { id: 'b1', state: other(started, gave, acknowledged('b2')) };
    expect(isHandedOver(before, { id: 'b2', state: other(nextStarted, acknowledged('b1')) })).toBe(true);
    expect(isHandedOver(before, { id: 'b2', state: other(nextStarted) })).toBe(false);
    expect(isHandedOver(before, { id: 'b3', state: other(nextStarted, acknowledged('b1')) })).toBe(false);
  });
});

it('the command table says what was seen', () => {
  expectTable(placementCommands, seen, [], commonRefusals);
});
