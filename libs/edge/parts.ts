import type { FastifyRequest } from 'fastify';
import type { Bilingual } from '../kernel/bilingual.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { KeyVault } from '../ports/key-vault.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import type { DifferingRow } from '../projection/digest.ts';
import type { AsOfAnswer, AsOfAsked, AsOfBuild } from '../projection/as-of-builds.ts';
import type { ParkedList, Practised } from '../projection/engine.ts';
import type { KeptReader } from '../projection/kept-builds.ts';
import type { Codec } from '../runtime/codec.ts';
import type { Transactor } from '../runtime/transact.ts';
import type { Authenticator, Principal } from './auth.ts';
import type { Policy, RecordKind } from './policy.ts';

/** What a server is made of. Apps choose the adapters; controllers ask for it by `PARTS`. */
export interface Parts {
  readonly store: EventStore;
  readonly vault: KeyVault;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly transactor: Transactor;
  /** Time zone by institution. */
  readonly institutions: ReadonlyMap<string, string>;
  /** What stands on what is printed; an institution without one is called by its id. */
  readonly institutionNames?: ReadonlyMap<string, Bilingual>;
  readonly authenticator: Authenticator;
  readonly records: Records;
  readonly views: Views;
  readonly past: Past;
  readonly rebuilds: Rebuilds;
  readonly releases: Releases;
  /** Where uploaded files are kept, sealed, and for how many days; absent where none are taken. */
  readonly uploads?: { readonly folder: string; readonly keptDays: number; readonly onFault: (fault: unknown) => void };
  /** True while the server listens on loopback alone. */
  readonly loopback: boolean;
  /** Why requests should go elsewhere for now; empty when ready. */
  readonly readiness: () => Promise<readonly object[]>;
  /** Called once the erasure of somebody's data is on the log; resolves when her keys are gone. */
  readonly erased: () => Promise<void>;
}

export const PARTS = Symbol('parts');

/** Whose a record is, as of now and from the log itself: rights are judged at the moment of the request. */
export interface RecordFacts {
  readonly institutionId: string;
  /** The person whom it is about. */
  readonly learnerId: string | null;
  /** Whether somebody is her guardian and she is known to be a minor today. */
  readonly isWardOf: (personId: string, today: string) => boolean;
  /** Teachers whose class it belongs to: the `sub` of their tokens. */
  readonly teachers: readonly string[];
  /** The enterprise whose opening, applicant or apprentice it is. */
  readonly organizationId?: string | null;
  /** Mentors whose apprentice it is: the `sub` of their tokens. */
  readonly mentors?: readonly string[];
}

/** How one context finds its records: null where there is no such record. */
export type Finders = Readonly<Partial<Record<RecordKind, (id: string) => Promise<RecordFacts | null>>>>;

export interface Records {
  find(kind: RecordKind, id: string): Promise<RecordFacts | null>;
}

/** The records of all contexts that an app serves. A kind that none of them finds is a fault, not an absent record. */
export function recordsOf(...contexts: readonly Finders[]): Records {
  const finders = Object.assign({}, ...contexts) as Finders;
  return {
    find: async (kind, id) => {
      const find = finders[kind];
      if (!find) throw new Error(`no context here finds a ${kind}`);
      return find(id);
    },
  };
}

/** Where a view stands, as last heard. */
export interface ViewStatus {
  readonly name: string;
  readonly state: 'live' | 'stopped' | 'outdated';
  /** Fold keys at whose events the fold failed: their rows are incomplete. */
  readonly parked: number;
  /** Whom they are about, one for each event that is missing; the first of them where there are many. */
  readonly incomplete: readonly { readonly institutionId: string; readonly subjectId: string | null }[];
  readonly position: bigint;
  /** That readers use. */
  readonly generation: number;
  /** Of its fold in code. */
  readonly version: number;
}

/** An event that a key of a view lacks: the key stands there, or was released to go on without it. */
export type ParkedKey = ParkedList['items'][number];

/** Beside that: its version, how old what it has not folded is, why it stopped, how far a rebuild is. JSON. */
export type ViewDetails = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly stoppedAt: { readonly position: string; readonly type: string; readonly error: string } | null;
  readonly parkedKeys: readonly ParkedKey[];
};

/** The views as the edge sees them, wherever they are folded. */
export interface Views {
  /** All reads of one query see one moment. `position`: up to where these views hold the log. */
  read<T>(views: View | readonly View[], query: (db: ReadQueries, position: bigint) => Promise<T>): Promise<T>;
  /** Resolves to true once the view holds everything up to the position, to false after `ms`. */
  waitFor(view: string, position: bigint, ms: number): Promise<boolean>;
  status(): readonly ViewStatus[];
  /** Something was appended. Only a hint. */
  notify(): void;
  details(): Promise<readonly ViewDetails[]>;
  /** Of one view or of all; the first in the log first, at most so many. */
  parked(view: string | null, limit: number): Promise<ParkedList>;
  /** Tries everything that stands of a view, or one key, now. False where nothing does. */
  retry(view: string, key: string | null): Promise<boolean>;
  /** Poisons an event for a view, or lifts that. */
  practise(view: string, position: bigint, lift: boolean): Promise<Practised>;
}

/** Views as they were at moments of the past, as far as somebody asked for them and keeps them. */
export interface Past extends Pick<KeptReader, 'read' | 'readBoth'> {
  ask(asked: AsOfAsked): Promise<AsOfAnswer>;
  list(institutionId: string): Promise<readonly AsOfBuild[]>;
  drop(institutionId: string, build: string): Promise<boolean>;
}

/** How far a rebuild is. */
export interface RebuildPace {
  /** Folds ranges of streams, or follows the log from where they end. */
  readonly phase: 'ranges' | 'log';
  /** Of `head` positions of the log. */
  readonly done: bigint;
  readonly head: bigint;
  /** Positions a second, of late. */
  readonly perSecond: number;
  readonly secondsLeft: number | null;
}

/** Of one view, for metrics. */
export interface RebuildGauge {
  readonly view: string;
  readonly status: 'idle' | 'running' | 'paused';
  readonly pace: RebuildPace | null;
  readonly lastSeconds: number | null;
  readonly failed: boolean;
}

/** Rebuilds as the edge sees them. What was asked for and how it ended stands on the log; this is what is not there. */
export interface Rebuilds {
  /** Something was put on record about a view's rebuild. Only a hint. */
  carryOut(view: string): void;
  pace(view: string): RebuildPace | null;
  /** Rows that the last verification found to differ; null where none ran since the start. */
  differences(view: string): { readonly run: string; readonly rows: readonly DifferingRow[] } | null;
  /** Calls back when there is something new; gives what ends that. */
  watch(view: string, changed: () => void): () => void;
  gauges(): readonly RebuildGauge[];
}

/** Releases of parked keys as the edge sees them: what is asked for stands on the log. */
export interface Releases {
  /** Something was put on record about a view's keys. Only a hint. */
  carryOut(view: string): void;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard. */
    principal: Principal | null;
    operation: string | null;
    policy: Policy | null;
    /** The person whose record is read, where it is one person's. */
    subjectId: string | null;
  }
}

export type EdgeRequest = FastifyRequest;

/** Of a request that the guard let through with a token. */
export const principalOf = (request: EdgeRequest): Principal => {
  if (!request.principal) throw new Error(`${request.operation ?? request.url} was reached without a principal`);
  return request.principal;
};

export const pathOf = (request: EdgeRequest): string => {
  const query = request.url.indexOf('?');
  return query < 0 ? request.url : request.url.slice(0, query);
};
