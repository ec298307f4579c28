import type { EventStore } from '../../libs/ports/event-store.ts';
import type { Transactor } from '../../libs/runtime/transact.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** A bug planted on purpose: a simulator that does not find it is not good enough. */
export interface Plant {
  readonly name: string;
  /** What is wrong, in words. */
  readonly bug: string;
  readonly store?: (inner: EventStore, at: { readonly scheduler: Scheduler; readonly life: Life }) => EventStore;
  readonly transactor?: (transactor: Transactor) => void;
  readonly commandId?: (key: string, delivery: number) => string;
  readonly noRecovery?: boolean;
}

export const plants: readonly Plant[] = [];
