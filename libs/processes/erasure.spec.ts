import { describe, expect, it } from '@jest/globals';
import type { Page } from '../ports/event-store.ts';
import { Erasures } from './erasure.ts';

const immediate = { sleep: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)) };

/** A log of so many events, read 5,000 at once, of which one erases. */
function over(head: bigint, erasedAt: bigint | null) {
  const saved: bigint[] = [];
  const read: bigint[] = [];
  const shredded: string[] = [];
  const page = (after: bigint): Page => {
    const scannedTo = after + 5000n < head ? after + 5000n : head;
    const erased = erasedAt !== null && erasedAt > after && erasedAt <= scannedTo;
    const json = JSON.stringify({ subjectId: 'wang', data: { purposes: ['identity'] } });
    const event = { position: erasedAt ?? 0n, stream: 'learner-1', revision: 0n, id: '', type: 'PersonalDataErased', json };
    return { events: erased ? [{ ...event, recordedAt: '' }] : [], scannedTo, end: scannedTo === head };
  };
  const start = async (from: bigint): Promise<Erasures> => {
    const erasures = new Erasures({
      store: {
        readAll: async (after) => {
          read.push(after);
          return page(after);
        },
      },
      vault: {
        shred: async (subjectId) => {
          shredded.push(subjectId);
          return [];
        },
      },
      checkpoint: { load: async () => from, save: async (position) => void saved.push(position) },
      timer: immediate,
      forget: () => undefined,
      onFault: (fault) => {
        throw fault;
      },
    });
    await erasures.start();
    return erasures;
  };
  return { start, saved, read, shredded };
}

describe('erasures', () => {
  it('note now and then how far a long log holds none, so that a start after a crash looks through the rest alone', async () => {
    const log = over(260_000n, null);
    const killed = await log.start(0n);
    expect(log.saved).toEqual([100_000n, 200_000n]);
    log.read.length = 0;
    const next = await log.start(log.saved.at(-1)!);
    expect(log.read[0]).toBe(200_000n);
    await Promise.all([killed.close(), next.close()]);
    expect(log.saved.slice(2)).toEqual([260_000n, 260_000n]);
  });

  it('are carried out before they are noted as done', async () => {
    const log = over(20_000n, 12_000n);
    const erasures = await log.start(0n);
    expect([log.shredded, log.saved]).toEqual([['wang'], [15_000n]]);
    await erasures.close();
  });
});
