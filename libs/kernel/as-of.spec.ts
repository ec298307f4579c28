import { describe, expect, it } from '@jest/globals';
import { day, past, recordedOf, type Past } from '../../test/support/past.ts';
import { applyCorrections, asOf, marked, markOf, type EffectOnHistory } from './as-of.ts';
import type { Remembered } from './history.ts';

/** `Said` is a fact, `Corrected` replaces, `Unsaid` annuls. */
const effectOf = (type: string): EffectOnHistory => (type === 'Corrected' ? 'replaces' : type === 'Unsaid' ? 'annuls' : 'fact');

const said = (on: string, word: string, recorded = on): Past => past(on, { type: 'Said', data: { word } }, { recorded });
const corrected = (target: string, field: string, value: unknown, on: string, recorded: string): Past =>
  past(on, { type: 'Corrected', data: { target, field, old: null, new: value } }, { recorded });
const unsaid = (target: string, on: string, recorded: string): Past =>
  past(on, { type: 'Unsaid', data: { target } }, { recorded });

const log = (...events: readonly Past[]) =>
  recordedOf(
    events.map((event) => ({ ...event })),
    'words',
  );
const words = (events: ReturnType<typeof asOf<Remembered>>): readonly string[] =>
  events.filter((e) => e.type === 'Said' && !e.annulled).map((e) => (e.data as { word: string }).word);

describe('as recorded', () => {
  const history = log(said('2025-01-01', 'a'), said('2025-03-01', 'b'), said('2025-02-01', 'late', '2025-04-01'));

  it('takes what was recorded by then, in the order of recording', () => {
    expect(words(asOf(history, effectOf, {}))).toEqual(['a', 'b', 'late']);
    expect(words(asOf(history, effectOf, { recordedAsOf: day('2025-03-01') }))).toEqual(['a', 'b']);
    expect(words(asOf(history, effectOf, { recordedAsOf: '2025-02-28T15:59:59.999Z' }))).toEqual(['a']);
    expect(words(asOf(history, effectOf, { recordedAsOf: day('2024-12-31') }))).toEqual([]);
  });

  it('is a prefix, also of a log whose clock ran backwards', () => {
    const [first, second, third] = history;
    const skewed = [first!, second!, { ...third!, recordedAt: day('2025-02-15') }];
    expect(words(asOf(skewed, effectOf, { recordedAsOf: day('2025-02-20') }))).toEqual(['a']);
  });
});

describe('as effective', () => {
  it('orders by effective time, then position, and drops what came later', () => {
    const history = log(
      said('2025-01-01', 'a'),
      said('2025-03-01', 'b'),
      said('2025-02-01', 'late', '2025-04-01'),
      said('2025-02-01', 'later', '2025-05-01'),
    );
    expect(words(asOf(history, effectOf, { effectiveAsOf: day('2025-03-01') }))).toEqual(['a', 'late', 'later', 'b']);
    expect(words(asOf(history, effectOf, { effectiveAsOf: day('2025-02-01') }))).toEqual(['a', 'late', 'later']);
    expect(words(asOf(history, effectOf, { effectiveAsOf: day('2025-02-01'), recordedAsOf: day('2025-04-01') }))).toEqual([
      'a',
      'late',
    ]);
  });

  it('corrects before it drops: a moved event answers for its new day', () => {
    const history = log(said('2025-01-01', 'a'), corrected('0', 'effectiveAt', day('2025-06-01'), '2025-01-01', '2025-07-01'));
    expect(words(asOf(history, effectOf, { effectiveAsOf: day('2025-03-01') }))).toEqual([]);
    expect(words(asOf(history, effectOf, { effectiveAsOf: day('2025-06-01') }))).toEqual(['a']);
    expect(words(asOf(history, effectOf, { effectiveAsOf: day('2025-03-01'), recordedAsOf: day('2025-06-30') }))).toEqual(['a']);
  });
});

describe('corrections', () => {
  it('replace a field as if it had always said so; the last one counts', () => {
    const history = log(
      said('2025-01-01', 'a'),
      corrected('0', 'word', 'b', '2025-01-01', '2025-02-01'),
      corrected('0', 'word', 'c', '2025-01-01', '2025-03-01'),
    );
    expect(words(asOf(history, effectOf, {}))).toEqual(['c']);
    expect(words(asOf(history, effectOf, { recordedAsOf: day('2025-02-15') }))).toEqual(['b']);
    expect(words(asOf(history, effectOf, { recordedAsOf: day('2025-01-15') }))).toEqual(['a']);
  });

  it('are applied once, wherever the order of effect puts them', () => {
    const history = log(
      said('2025-01-01', 'a'),
      corrected('0', 'word', 'b', '2025-03-01', '2025-03-01'),
      corrected('0', 'word', 'c', '2025-02-01', '2025-04-01'),
    );
    const then = asOf(history, effectOf, { effectiveAsOf: day('2025-06-01') });
    expect(then.map(({ applied }) => applied)).toEqual([undefined, true, true]);
    expect(words(then)).toEqual(['c']);
    expect(words(applyCorrections(then, effectOf))).toEqual(['c']);
    expect(then.map((event) => marked(...markOf(event)))).toEqual([{}, { applied: true }, { applied: true }]);
  });

  it('stay in the history that audit shows, and never touch the log', () => {
    const history = log(said('2025-01-01', 'a'), corrected('0', 'word', 'b', '2025-01-01', '2025-02-01'));
    expect(applyCorrections(history, effectOf)).toHaveLength(2);
    expect(history[0]?.data).toEqual({ word: 'a' });
  });

  it('annul: the event stands, marked as never in effect', () => {
    const history = log(said('2025-01-01', 'a'), said('2025-02-01', 'b'), unsaid('1', '2025-02-01', '2025-03-01'));
    expect(words(asOf(history, effectOf, { effectiveAsOf: day('2025-02-15') }))).toEqual(['a']);
    expect(words(asOf(history, effectOf, { recordedAsOf: day('2025-02-15') }))).toEqual(['a', 'b']);
    expect(asOf(history, effectOf, {}).map(({ annulled }) => annulled)).toEqual([undefined, true, undefined]);
  });

  it('of an identity put the new one in its place, sealed and erased ones as they are', () => {
    const identified = past('2025-01-01', { type: 'Said', data: { identity: { name: 'a' } } });
    const change = (value: unknown): Past =>
      past('2025-01-01', { type: 'Corrected', data: { target: '0', change: value } }, { recorded: '2025-02-01' });
    const identityAfter = (value: unknown): unknown =>
      applyCorrections(log(identified, change(value)), effectOf).map(({ data }) => (data as { identity?: unknown }).identity)[0];
    expect(identityAfter({ old: { name: 'a' }, new: { name: 'b' } })).toEqual({ name: 'b' });
    expect(identityAfter('sealed.1.token')).toBe('sealed.1.token');
    expect(identityAfter('erased')).toBe('erased');
  });

  it('of what is not there are passed over', () => {
    const history = log(said('2025-01-01', 'a'), unsaid('7', '2025-01-01', '2025-03-01'));
    expect(words(asOf(history, effectOf, {}))).toEqual(['a']);
  });
});
