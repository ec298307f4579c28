import type { CommandContext, Transactor } from '../../libs/runtime/transact.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import type { Plan } from '../../libs/kernel/plan.ts';
import type { Refusal } from '../../libs/kernel/refusal.ts';
import type { Codec } from '../../libs/runtime/codec.ts';

/** What a client set out to do: who, which kind of thing, and three numbers that choose among what is there when its turn comes. */
export type Intent = readonly [client: number, kind: number, a: number, b: number, c: number];

/** Whose token a command comes with. */
export interface Caller extends Actor {
  readonly institutionId: string;
}

export const registrar = (personId: string, institutionId: string): Caller => ({
  personId,
  role: 'registrar',
  organizationId: null,
  institutionId,
});

/** What a server has at hand when it turns an order into a plan. */
export interface Desk {
  readonly transactor: Transactor;
  readonly codec: Codec;
  readonly hmac: (domain: string, text: string) => string;
}

/** One command as a client sends it; a repeat is the same order under the same key. */
export interface Order {
  readonly key: string;
  readonly by: Caller;
  /** The category of streams that the command is about. */
  readonly about: string;
  /** The command's name, for the story and for counting. */
  readonly what: string;
  /** Everything that the client says: the digest is taken over it. */
  readonly says: object;
  readonly effectiveAt?: string;
  readonly reason?: NonNullable<CommandContext['reason']>;
  readonly onBehalfOf?: string;
  readonly ifMatch?: bigint;
  readonly dryRun?: true;
  /** What its refusals can be measured by. */
  readonly subject: {
    readonly learnerId?: string;
    readonly enrollmentId?: string;
    readonly number?: string;
    readonly idClaim?: string;
    /** The own stream of anything else. */
    readonly stream?: string;
  };
  readonly plan: (desk: Desk, attempt: string) => Plan | Refusal | Promise<Plan | Refusal>;
}

/** Turns intents into orders, seeing the ledger as people would: by what has been recorded so far. */
export interface Office {
  /** Who is at work at the same time. */
  readonly clients: readonly string[];
  /** The orders of one intent: usually one, several where they are sent at the same moment. */
  orders(key: string, intent: Intent): readonly Order[];
  /** How many days pass before it. */
  days?(intent: Intent): number;
}

export const at = <T>(list: readonly T[], index: number): T => list[index % list.length]!;
