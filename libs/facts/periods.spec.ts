import { describe, expect, it } from '@jest/globals';
import { actors } from '../../test/support/apprentices.ts';
import { examples } from '../../test/support/given.ts';
import { contact, identity } from '../../test/support/histories.ts';
import { past } from '../../test/support/past.ts';
import type { LearnerEvent } from '../events/catalog/enrollment.ts';
import { periods } from './periods.ts';

const { given } = examples(periods, {}, 'learner-chen');

const known = past<LearnerEvent>('2025-08-20', {
  type: 'LearnerIdentified',
  data: { identity, contact, idClaim: null, source: null },
});
const held = (holder: string, from: string, to: string, commandId = `of-${holder}`) =>
  past<LearnerEvent>('2026-01-01', { type: 'PeriodHeld', data: { holder, from, to, commandId } });
const hold = (holder: string, from: string, to: string, beside?: string) =>
  ({ type: 'HoldPeriod', holder, from, to, ...(beside === undefined ? {} : { beside }) }) as const;

const spring = ['2026-03-01', '2026-05-31'] as const;

describe('a learner’s days', () => {
  it('belong to one holder; a contract’s lie beside its own offer’s alone', () => {
    const offered = given(known, held('selection-1', ...spring));
    offered.when(hold('selection-2', '2026-05-31', '2026-08-01')).refuses('PERIODS_OVERLAP', { with: 'selection-1' });
    offered.when(hold('selection-2', '2026-06-01', '2026-08-01')).accepted();
    const told = offered.when(hold('contract-2', ...spring), { as: actors.enterprise }).decision;
    expect(told).toEqual({ refused: 'PERIODS_OVERLAP', facts: {} });
    offered.when(hold('contract-1', ...spring, 'selection-1')).accepted();
    offered.when(hold('contract-1', ...spring, 'selection-2')).refuses('PERIODS_OVERLAP');
    given()
      .when(hold('selection-1', ...spring))
      .refuses('NOT_FOUND');
    given(known, past<LearnerEvent>('2025-09-01', { type: 'LearnerAnnulled', data: {} }))
      .when(hold('selection-1', ...spring))
      .refuses('LEARNER_ANNULLED');
  });

  it('of a holder who takes others meanwhile are all held until one is let go', () => {
    const moving = given(known, held('contract-1', ...spring))
      .when(hold('contract-1', '2026-05-01', '2026-07-31'), { commandId: 'second' })
      .accepted();
    expect(moving.state.periods['contract-1']).toEqual({
      from: '2026-03-01',
      to: '2026-07-31',
      takers: ['of-contract-1', 'second'],
    });
    const kept = moving
      .when({ type: 'ReleasePeriod', holder: 'contract-1', keeping: { from: '2026-05-01', to: '2026-07-31' } })
      .gives(
        { type: 'PeriodReleased', data: { holder: 'contract-1' } },
        {
          type: 'PeriodHeld',
          data: { holder: 'contract-1', from: '2026-05-01', to: '2026-07-31', commandId: 'of-contract-1' },
        },
      );
    expect(kept.state.periods['contract-1']).toMatchObject({ from: '2026-05-01', takers: ['of-contract-1'] });
  });

  it('are let go together with the offer’s, and stay occupied up to the end', () => {
    const over = given(known, held('selection-1', ...spring), held('contract-1', ...spring))
      .when({ type: 'ReleasePeriod', holder: 'contract-1', until: '2026-04-15', also: 'selection-1' })
      .gives(
        { type: 'PeriodReleased', data: { holder: 'contract-1', until: '2026-04-15' } },
        { type: 'PeriodReleased', data: { holder: 'selection-1' } },
      );
    expect(over.state).toMatchObject({ periods: {}, pastPeriods: { 'contract-1': { from: '2026-03-01', until: '2026-04-15' } } });
    over.when(hold('selection-2', '2026-04-14', '2026-08-01')).refuses('PERIODS_OVERLAP', { with: 'contract-1' });
    const next = over.when(hold('selection-2', '2026-04-15', '2026-08-01')).accepted();
    next.when(hold('contract-1', ...spring)).refuses('PERIODS_OVERLAP', { with: 'selection-2' });
    expect(over.when(hold('contract-1', ...spring)).accepted().state.pastPeriods).toEqual({});
  });

  it('that never began were never occupied', () => {
    const never = given(known, held('contract-1', ...spring))
      .when({ type: 'ReleasePeriod', holder: 'contract-1' })
      .gives({ type: 'PeriodReleased', data: { holder: 'contract-1' } });
    expect(never.state.pastPeriods).toEqual({});
    never.when(hold('selection-2', ...spring)).accepted();
  });
});
