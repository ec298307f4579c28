import type { AsOfAnswer, AsOfAsked, AsOfBuild } from '../../libs/projection/as-of-builds.ts';
import type {
  ParkedList,
  Practised,
  Rebuilt,
  RebuildAsked,
  RebuildProgress,
  Standing,
  ViewStatus,
} from '../../libs/projection/engine.ts';

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
  /** Builds of the past that an institution keeps. */
  readonly keptBuilds: number;
  readonly batch?: number;
  readonly pollMs?: number;
}

export type ToProjector =
  | { readonly kind: 'notify' }
  | { readonly kind: 'status'; readonly id: number }
  | { readonly kind: 'digest'; readonly id: number; readonly view: string }
  | { readonly kind: 'parked'; readonly id: number; readonly view: string | null; readonly limit: number }
  | { readonly kind: 'retry'; readonly id: number; readonly view: string; readonly key: string | null }
  | { readonly kind: 'release'; readonly id: number; readonly view: string; readonly key: string; readonly position: bigint }
  | { readonly kind: 'practise'; readonly id: number; readonly view: string; readonly position: bigint; readonly lift: boolean }
  | { readonly kind: 'rebuild'; readonly id: number; readonly view: string; readonly asked: RebuildAsked }
  | { readonly kind: 'pause'; readonly id: number; readonly view: string }
  | { readonly kind: 'resume'; readonly id: number; readonly view: string }
  | { readonly kind: 'cancel'; readonly id: number; readonly view: string }
  | { readonly kind: 'ask-as-of'; readonly id: number; readonly asked: AsOfAsked }
  | { readonly kind: 'list-as-of'; readonly id: number; readonly institutionId: string }
  | { readonly kind: 'drop-as-of'; readonly id: number; readonly institutionId: string; readonly build: string }
  | { readonly kind: 'used-as-of'; readonly build: string }
  | { readonly kind: 'close' };

export interface Answers {
  readonly status: readonly ViewStatus[];
  readonly digest: { readonly position: bigint; readonly digest: string };
  readonly parked: ParkedList;
  readonly retry: boolean;
  readonly release: boolean;
  readonly practise: Practised;
  readonly rebuild: Rebuilt;
  readonly pause: boolean;
  readonly resume: boolean;
  readonly cancel: boolean;
  readonly 'ask-as-of': AsOfAnswer;
  readonly 'list-as-of': readonly AsOfBuild[];
  readonly 'drop-as-of': boolean;
}

/** Why a rebuild did not come to its end, where that is known: somebody cancelled it, or the event that it could not fold. */
export type Hindrance = 'cancelled' | { readonly position: bigint; readonly eventId: string; readonly type: string };

export type FromProjector =
  | { readonly kind: 'ready'; readonly standing: readonly Standing[] }
  /** It cannot start. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'moved'; readonly standing: readonly Standing[] }
  /** Nothing but positions changed since the standing that was told last, whose order they keep: telling all of it took longer than a fold. */
  | { readonly kind: 'advanced'; readonly positions: readonly bigint[] }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly hindrance: Hindrance | null }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: RebuildProgress }
  /** Something failed that it tries again. */
  | { readonly kind: 'fault'; readonly message: string };
