import type { Step } from './step.ts';

/** Several tellings of one life as one, by the hour at which their steps come; of one hour in the order in which they are given. */
export function* merged(tellings: readonly Iterator<Step>[]): Generator<Step, void> {
  const going: { readonly telling: Iterator<Step>; step: Step }[] = [];
  for (const telling of tellings) {
    const { done, value } = telling.next();
    if (!done) going.push({ telling, step: value });
  }
  while (going.length > 0) {
    let first = 0;
    for (let n = 1; n < going.length; n++) if (going[n]!.step.at < going[first]!.step.at) first = n;
    const one = going[first]!;
    yield one.step;
    const { done, value } = one.telling.next();
    if (done) going.splice(first, 1);
    else one.step = value;
  }
}
