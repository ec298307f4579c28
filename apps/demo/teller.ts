import { hash } from 'node:crypto';
import { canonical } from '../../libs/kernel/canonical.ts';
import { claimsOf, type Claims } from '../../libs/kernel/claim.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import type { SettleCommand } from '../../libs/kernel/four-eyes.ts';
import { mintedId, shortHash } from '../../libs/kernel/ids.ts';
import type { KeyVault } from '../../libs/ports/key-vault.ts';
import { momentOf, type Hour } from './dates.ts';
import type { Saying, Step } from './step.ts';

/** What every strand of the story knows. */
export interface World {
  readonly seed: number;
  /** Learners in all. */
  readonly learners: number;
  readonly institutionId: string;
  readonly zone: string;
  readonly claims: Claims;
  /** Keyed digest of what is said: what a grant must name. */
  readonly digestOf: (saying: Saying) => string;
  /** What nobody guesses who does not hold the vault. */
  readonly saltOf: (name: string) => string;
}

export function worldOf(
  vault: Pick<KeyVault, 'hmac'>,
  { seed, learners, institutionId, zone }: Pick<World, 'seed' | 'learners' | 'institutionId' | 'zone'>,
): World {
  const secret = vault.hmac('demo', '');
  return {
    seed,
    learners,
    institutionId,
    zone,
    claims: claimsOf(institutionId, (domain, text) => vault.hmac(domain, text)),
    digestOf: (saying) => hash('sha512-256', `${secret}\n${canonical(saying)}`, 'base64url').slice(0, 32),
    saltOf: (name) => hash('sha512-256', `${secret}\nsalt\n${name}`, 'base64url').slice(0, 32),
  };
}

/** Ids follow from the seed, the strand's name and the step's number in it, so that every run mints the same. */
export const commandIdOf = (seed: number, strand: string, n: number): string => shortHash(`demo\n${seed}\n${strand}\n${n}`, 24);

/** When: a plain date and an hour of the story. */
export type When = readonly [day: string, hour: Hour];

type More = Pick<Step, 'since' | 'reason'>;

export interface FourEyes {
  readonly asked: When;
  readonly settled: When;
  readonly by: readonly [asks: Actor, settles: Actor];
  readonly request: (requestId: string) => Saying;
  readonly settle: (command: SettleCommand) => Saying;
  /** Identity alone: what the request keeps sealed. */
  readonly opened?: { readonly old: unknown; readonly new: unknown };
  readonly refused?: boolean;
  readonly reason?: Step['reason'];
}

/** Puts one strand's sayings into steps. */
export class Teller {
  readonly world: World;
  private readonly strand: string;
  private told = 0;

  constructor(world: World, strand: string) {
    this.world = world;
    this.strand = strand;
  }

  /** Number of the step that comes next. */
  get next(): number {
    return this.told;
  }

  step([day, hour]: When, by: Actor, saying: Saying, more: More = {}): Step {
    const { seed, zone } = this.world;
    const commandId = commandIdOf(seed, this.strand, this.told);
    this.told += 1;
    return { at: momentOf(day, hour, zone), by, commandId, saying, ...more };
  }

  /** Two people, one after the other: the second names the digest of what the first asked for. */
  *fourEyes({ asked, settled, by, request, settle, opened, refused, reason }: FourEyes): Generator<Step, void> {
    const requestId = mintedId(commandIdOf(this.world.seed, this.strand, this.told), 'request');
    const asking = request(requestId);
    yield this.step(asked, by[0], asking, reason ? { reason } : {});
    const grant = {
      type: 'GrantApproval',
      requestId,
      digest: this.world.digestOf(asking),
      ...(opened ? { opened } : {}),
    } as const;
    yield this.step(settled, by[1], settle(refused ? { type: 'RefuseApproval', requestId } : grant));
  }
}
