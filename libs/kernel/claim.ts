import type { Decider } from './decider.ts';
import { leg, type Source, type Take } from './plan.ts';
import { refuse } from './refusal.ts';
import type { RefusalCode } from './refusals.ts';

/** `claim-<institution>-<kind>-<HMAC>`: who holds a value that must be unique. */
export type ClaimEvent =
  | { type: 'ClaimTaken'; data: { kind: string; owner: string; commandId: string } }
  | { type: 'ClaimReleased'; data: { owner: string } };

/** What is unique in an institution. A stream that a natural key names needs no claim: it is the uniqueness itself. */
export type ClaimKind = 'id-number' | 'student-number' | 'teacher-account' | 'offer';

/** How to find what guards a value. A claim's stream name is a keyed HMAC, so the vault gives it. */
export interface Claims {
  readonly streamOf: (kind: ClaimKind, value: string) => string;
}

export const claimsOf = (institutionId: string, hmac: (domain: string, text: string) => string): Claims => ({
  streamOf: (kind, value) => `claim-${institutionId}-${kind}-${hmac(`claim:${institutionId}:${kind}`, value)}`,
});

export interface Claim {
  /** Stream that holds the value, null while it is free. */
  readonly owner: string | null;
  readonly kind: string | null;
  /** Commands that took it since the last release. */
  readonly takers: readonly string[];
}

export type ClaimCommand =
  | {
      readonly type: 'TakeClaim';
      readonly kind: string;
      readonly owner: string;
      readonly otherwise: RefusalCode;
      readonly value?: string;
    }
  | { readonly type: 'ReleaseClaim'; readonly owner: string };

export const claim: Decider<Claim, ClaimCommand, ClaimEvent> = {
  initial: { owner: null, kind: null, takers: [] },

  evolve: (state, event) => {
    switch (event.type) {
      case 'ClaimTaken':
        return { owner: event.data.owner, kind: event.data.kind, takers: [...state.takers, event.data.commandId] };
      case 'ClaimReleased':
        return { ...state, owner: null, takers: [] };
      default:
        return event satisfies never;
    }
  },

  /** The same owner taking it for another command takes it again: a release must know every taker. */
  decide: (state, command, k) => {
    switch (command.type) {
      case 'TakeClaim':
        if (state.owner !== null && state.owner !== command.owner) {
          return refuse(command.otherwise, command.value === undefined ? {} : { value: command.value });
        }
        if (state.takers.includes(k.commandId)) return [];
        return [{ type: 'ClaimTaken', data: { kind: command.kind, owner: command.owner, commandId: k.commandId } }];
      case 'ReleaseClaim':
        return state.owner === command.owner ? [{ type: 'ClaimReleased', data: { owner: command.owner } }] : [];
      default:
        return command satisfies never;
    }
  },
};

export interface ClaimTerms {
  readonly stream: string;
  readonly kind: string;
  /** Who will hold the value, and how to see in its state that it does. */
  readonly owner: Source;
  readonly holds: (owner: unknown) => boolean;
  /** The refusal for everybody else, with the value where it may be shown. */
  readonly otherwise: RefusalCode;
  readonly value?: string;
  /** How to look at another holder, whose take may be a crashed writer's. */
  readonly ownerOf: (stream: string) => Source;
}

/** Taking a unique value for an owner, gate first. */
export const takeClaim = (terms: ClaimTerms): Take => {
  const { stream, kind, owner, holds, otherwise, value } = terms;
  return {
    ...leg(stream, claim, { type: 'TakeClaim', kind, owner: owner.stream, otherwise, ...(value === undefined ? {} : { value }) }),
    owner,
    holds,
    takers: (state) => ((state as Claim).owner === owner.stream ? (state as Claim).takers : []),
    drop: () => leg(stream, claim, { type: 'ReleaseClaim', owner: owner.stream }),
    rivals: (state) => {
      const rival = (state as Claim).owner;
      return rival === null || rival === owner.stream ? [] : [takeClaim({ ...terms, owner: terms.ownerOf(rival) })];
    },
  };
};
