import TestSequencer from '@jest/test-sequencer';

/** Suites that start processes or hundreds of threads, and the simulator: they take the longest. */
const slow = /[\\/]test[\\/](faults|simulation|journeys|contract)[\\/]/;

/** Jest's own order, but for a checkout in which nothing ever ran: it would go by file size, and have the longest suites end alone. */
export default class SlowFirst extends TestSequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- no array: it is Jest's own order
    const sorted = super.sort(tests);
    if (sorted.some(({ duration }) => typeof duration === 'number')) return sorted;
    const { slowOnes = [], others = [] } = Object.groupBy(sorted, ({ path }) => (slow.test(path) ? 'slowOnes' : 'others'));
    return [...slowOnes, ...others];
  }
}
