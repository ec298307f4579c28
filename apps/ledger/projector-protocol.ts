import type { Rebuilt, RebuildProgress, Standing, ViewStatus } from '../../libs/projection/engine.ts';

/** What the projector's thread is started with. */
export interface ProjectorPaths {
  readonly log: string;
  readonly vault: string;
  readonly views: string;
  readonly directory: string;
}

export interface ProjectorSettings {
  readonly paths: ProjectorPaths;
  /** 32 bytes: the directory opens what it shows. */
  readonly masterKey: Uint8Array;
  /** Milliseconds by which the ledger's clock differs from the machine's. */
  readonly clockShiftMs: number;
  readonly batch?: number;
  readonly pollMs?: number;
}

export type ToProjector =
  | { readonly kind: 'notify' }
  | { readonly kind: 'status'; readonly id: number }
  | { readonly kind: 'digest'; readonly id: number; readonly view: string }
  | { readonly kind: 'retry'; readonly id: number; readonly view: string }
  | { readonly kind: 'rebuild'; readonly id: number; readonly view: string; readonly compare: boolean }
  | { readonly kind: 'close' };

export interface Answers {
  readonly status: readonly ViewStatus[];
  readonly digest: { readonly position: bigint; readonly digest: string };
  readonly retry: boolean;
  readonly rebuild: Rebuilt;
}

export type FromProjector =
  | { readonly kind: 'ready'; readonly standing: readonly Standing[] }
  /** It cannot start. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'moved'; readonly standing: readonly Standing[] }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: RebuildProgress }
  /** Something failed that it tries again. */
  | { readonly kind: 'fault'; readonly message: string };
