import type { Step } from './step.ts';

/** Several tellings of one life as one, by the hour at which their steps come; of one hour in the order in which they are given. */
export function* merged(tellings: readonly Iterator<Step>[]): Generator<Step, void> {
  const next = tellings.map((telling) => telling.next());
  for (;;) {
    let first = -1;
    for (const [index, { done, value }] of next.entries()) {
      if (!done && (first < 0 || value.at < (next[first]!.value as Step).at)) first = index;
    }
    if (first < 0) return;
    yield next[first]!.value as Step;
    next[first] = tellings[first]!.next();
  }
}
