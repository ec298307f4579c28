import type { Purpose } from '../kernel/purposes.ts';
import type { Timer } from '../ports/clock.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { KeyVault } from '../ports/key-vault.ts';

/** Where a process goes on after a restart. */
export interface Checkpoint {
  load(): Promise<bigint>;
  /** Durable when it resolves. */
  save(position: bigint): Promise<void>;
}

export interface ErasureParts {
  readonly store: Pick<EventStore, 'readAll'>;
  readonly vault: Pick<KeyVault, 'shred'>;
  readonly checkpoint: Checkpoint;
  readonly timer: Timer;
  /** Drops what memory holds of a stream. */
  readonly forget: (stream: string) => void;
  /** Hears of what went wrong; the process tries again. */
  readonly onFault: (fault: unknown) => void;
}

const types = ['PersonalDataErased'];
const pollMs = 5_000;
/** Positions after which even a log without erasures is noted as looked through: what a start after a crash looks through again. */
const savedEvery = 100_000n;

/**
 * Carries out what PersonalDataErased decided: shreds the keys, whatever crashed in between. The event is the decision and stays;
 * shredding is safe to repeat, so the checkpoint follows the deed. The directory purges its own rows from the same event.
 */
export class Erasures {
  private readonly parts: ErasureParts;
  private readonly stop = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private reached = 0n;
  private saved = 0n;
  private turn: Promise<void> = Promise.resolve();

  constructor(parts: ErasureParts) {
    this.parts = parts;
  }

  /** Catches up, then goes on by itself. */
  async start(): Promise<void> {
    this.reached = this.saved = await this.parts.checkpoint.load();
    await this.catchUp();
    this.running = this.follow();
  }

  /** Resolves when everything that is on the log by now is carried out. */
  catchUp(): Promise<void> {
    this.turn = this.turn.catch(() => {}).then(() => this.pull());
    return this.turn;
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.running;
    await this.turn.catch(() => {});
    // So that the next start need not look through what was looked at.
    await this.save();
  }

  private async save(): Promise<void> {
    await this.parts.checkpoint.save(this.reached);
    this.saved = this.reached;
  }

  private async pull(): Promise<void> {
    for (;;) {
      const page = await this.parts.store.readAll(this.reached, { types });
      for (const { stream, json } of page.events) {
        const { subjectId, data } = JSON.parse(json) as { subjectId: string; data: { purposes: readonly Purpose[] } };
        await this.parts.vault.shred(subjectId, data.purposes);
        this.parts.forget(stream);
      }
      this.reached = page.scannedTo;
      if (page.events.length > 0 || this.reached - this.saved >= savedEvery) await this.save();
      if (page.end) return;
    }
  }

  /** Grants call `catchUp` themselves; this is for what a fault left undone. */
  private async follow(): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      await this.parts.timer.sleep(pollMs, signal);
      if (signal.aborted) return;
      await this.catchUp().catch(this.parts.onFault);
    }
  }
}
