import { describe, expect, it } from '@jest/globals';
import { examples } from '../../test/support/given.ts';
import { claim, takeClaim, type Claim } from './claim.ts';
import { source, type Source } from './plan.ts';

const { given } = examples(claim, {}, 'claim-college-student-number-x');
const take = (owner: string) =>
  ({ type: 'TakeClaim', kind: 'student-number', owner, otherwise: 'STUDENT_NUMBER_TAKEN', value: '20250101' }) as const;
const taken = (owner: string, commandId: string) =>
  ({ type: 'ClaimTaken', data: { kind: 'student-number', owner, commandId } }) as const;

describe('a value that must be unique', () => {
  it('is taken by one owner', () => {
    const held = given().when(take('e1')).gives(taken('e1', 'command'));
    held.when(take('e2')).refuses('STUDENT_NUMBER_TAKEN', { value: '20250101' });
  });

  it('is taken again by the same owner for another command: a release must know every taker', () => {
    const twice = given().when(take('e1'), { commandId: 'first' }).accepted().when(take('e1'), { commandId: 'second' });
    expect(twice.gives(taken('e1', 'second')).state.takers).toEqual(['first', 'second']);
  });

  it('shows no value that must not be shown', () => {
    const { value: _secret, ...silent } = take('e2');
    given().when(take('e1')).accepted().when(silent).refuses('STUDENT_NUMBER_TAKEN', {});
    expect(given().when(take('e1')).accepted().when(silent).decision).toEqual({ refused: 'STUDENT_NUMBER_TAKEN', facts: {} });
  });

  it('is released by its owner alone, and free for the next', () => {
    const held = given().when(take('e1')).accepted();
    held.when({ type: 'ReleaseClaim', owner: 'e2' }).givesNothing();
    const free = held.when({ type: 'ReleaseClaim', owner: 'e1' }).gives({ type: 'ClaimReleased', data: { owner: 'e1' } });
    expect(free.state).toMatchObject({ owner: null, takers: [] });
    free.when(take('e2')).gives(taken('e2', 'command'));
    given().when({ type: 'ReleaseClaim', owner: 'e1' }).givesNothing();
  });
});

describe('a take', () => {
  const ownerOf = (stream: string): Source => source(stream, { initial: null, evolve: (s: unknown) => s });
  const gate = takeClaim({
    stream: 'claim-x',
    kind: 'student-number',
    owner: ownerOf('enrollment-e1'),
    holds: (owner) => owner === 'holds',
    otherwise: 'STUDENT_NUMBER_TAKEN',
    ownerOf,
  });
  const stateOf = (owner: string): Claim => given().when(take(owner), { commandId: 'c1' }).accepted().state;

  it('lists the takers of its own owner only', () => {
    expect(gate.takers(stateOf('enrollment-e1'))).toEqual(['c1']);
    expect(gate.takers(stateOf('enrollment-e2'))).toEqual([]);
    expect(gate.takers(claim.initial)).toEqual([]);
  });

  it('names the rival whose take may be a crashed writer’s', () => {
    expect(gate.rivals(stateOf('enrollment-e1'))).toEqual([]);
    expect(gate.rivals(claim.initial)).toEqual([]);
    const [rival] = gate.rivals(stateOf('enrollment-e2'));
    expect(rival?.owner.stream).toBe('enrollment-e2');
    expect(rival?.takers(stateOf('enrollment-e2'))).toEqual(['c1']);
  });

  it('is dropped for its own owner', () => {
    const k = { commandId: 'c2' } as never;
    expect(gate.drop(null).decide(stateOf('enrollment-e1'), k)).toEqual([
      { type: 'ClaimReleased', data: { owner: 'enrollment-e1' } },
    ]);
    expect(gate.drop(null).decide(stateOf('enrollment-e2'), k)).toEqual([]);
  });
});
