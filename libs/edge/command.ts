import { hash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { canonical } from '../kernel/canonical.ts';
import { httpCommandId } from '../kernel/ids.ts';
import type { Plan } from '../kernel/plan.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { KeyVault } from '../ports/key-vault.ts';
import type { Answer, CommandContext } from '../runtime/transact.ts';
import { actorOf } from './auth.ts';
import { Code, effectiveInstant, Id, ListOf, Moment, Nested, Shaped, Text } from './fields.ts';
import { pathOf, principalOf, type EdgeRequest, type Parts } from './parts.ts';
import { Problem } from './problem.ts';

// ── what every command's body may say ──────────────────────────────────────────────────────────────────────────────────────

export class Reason {
  @Code({ example: 'own-application', description: 'Short code of the reason' })
  code!: string;

  @Text(2000, { optional: true, description: 'Free text about the person; sealed under her key' })
  text?: string;
}

/** When it became true, for commands about no person. */
export class Effective {
  @Moment({
    optional: true,
    description: 'When it became true: an instant, or a day for its start. Now where absent; never in the future',
  })
  effectiveAt?: string;
}

/** When it became true and why, for commands about a person. */
export class Stated extends Effective {
  @Nested(Reason, { optional: true })
  reason?: Reason;
}

/** Without a word of its own. */
export class Plainly extends Stated {}

export const Evidence = (): PropertyDecorator =>
  ListOf(200, 20, {
    optional: true,
    example: ['file 2026-114'],
    description: 'File numbers or digests; free text about a person goes into the reason',
  });

export class GrantApproval extends Stated {
  @Id({ description: 'As the request’s answer and /v1/approvals give it' })
  requestId!: string;

  @Shaped(
    /^[\w-]{16,64}$/,
    { zh: '须为申请的摘要。', en: 'must be the digest of the request.' },
    { example: 'Zm9ydHktdHdvLWZvcnR5LXR3by1mb3J0', description: 'Of the request that was read: another content is not granted' },
  )
  digest!: string;
}

export class RefuseApproval extends Stated {
  @Id()
  requestId!: string;
}

// ── from a request to a command ────────────────────────────────────────────────────────────────────────────────────────────

const revisionShape = /^"(\d{1,18})"$/;

function ifMatchOf(request: EdgeRequest): bigint | undefined {
  const header = request.headers['if-match'];
  if (header === undefined) return undefined;
  const revision = revisionShape.exec(header)?.[1];
  if (revision === undefined) throw new Problem('IF_MATCH_INVALID');
  return BigInt(revision);
}

const secrets = new WeakMap<KeyVault, string>();

/** What no guesser knows, derived once: hashed together with a key it says nothing of the key. */
function secretOf(vault: KeyVault): string {
  let secret = secrets.get(vault);
  if (secret === undefined) secrets.set(vault, (secret = vault.hmac('idempotency-key', '')));
  return secret;
}

/** A command that may depend on its attempt: ids that it mints derive from the attempt's id, and what it reads is read anew. */
export type PerAttempt<C> = C | ((commandId: string) => C | Refusal | Promise<C | Refusal>);

/** The plan of one attempt at a command. */
export function planAttempted<C extends object>(
  command: PerAttempt<C>,
  commandId: string,
  plan: (command: C) => Plan,
): Plan | Refusal | Promise<Plan | Refusal> {
  if (typeof command !== 'function') return plan(command);
  const said = command(commandId);
  const planned = (c: C | Refusal): Plan | Refusal => (isRefusal(c) ? c : plan(c));
  return said instanceof Promise ? said.then(planned) : planned(said);
}

/** SHA-512/256 cannot be extended, so a secret in front makes it a MAC, for less than half of what an HMAC object costs every command. */
const keyedDigest = (secret: string, text: string): string => hash('sha512-256', `${secret}\n${text}`, 'base64url').slice(0, 32);

/**
 * The command's envelope: everything but the command itself. The digest covers what the caller said, in whatever order of keys, not what the
 * server adds to it.
 */
export function commandContext(parts: Parts, request: EdgeRequest, body: Effective | Stated): CommandContext {
  const principal = principalOf(request);
  const path = pathOf(request);
  const zone = parts.institutions.get(principal.institution)!;
  // Keyed: people put what they have at hand into it, an id number perhaps, and the command's id stands in every event.
  const secret = secretOf(parts.vault);
  const key = `${secret}\n${request.headers['idempotency-key'] as string}`;
  const commandId = httpCommandId(principal.institution, principal.sub, request.method, path, key);
  const ifMatch = ifMatchOf(request);
  const reason = 'reason' in body && body.reason ? body.reason : undefined;
  return {
    commandId,
    digest: keyedDigest(secret, `${principal.role}\n${request.operation}\n${path}\n${canonical(request.body ?? {})}`),
    actor: actorOf(principal),
    institutionId: principal.institution,
    zone,
    correlationId: request.id,
    causationId: request.id,
    ...(body.effectiveAt ? { effectiveAt: effectiveInstant(body.effectiveAt, zone) } : {}),
    ...(reason ? { reason: { code: reason.code, ...(reason.text ? { text: reason.text } : {}) } } : {}),
    ...(ifMatch === undefined ? {} : { ifMatch }),
  };
}

// ── from an outcome to a response ──────────────────────────────────────────────────────────────────────────────────────────

/** A body with what goes into headers. Turned into a response in server.ts. */
export class Told {
  readonly body: object;
  readonly meta: {
    readonly created?: string;
    /** Where it is told how what was asked for goes on. */
    readonly accepted?: string;
    readonly revision?: bigint;
    readonly position?: bigint;
    /** How many people a list names. */
    readonly subjects?: number;
  };

  constructor(body: object, meta: Told['meta'] = {}) {
    this.body = body;
    this.meta = meta;
  }

  /** Sets the headers and gives the body. */
  tell(reply: FastifyReply): object {
    const { created, accepted, revision, position } = this.meta;
    const location = created ?? accepted;
    if (location !== undefined) reply.header('location', location);
    if (revision !== undefined && revision >= 0n) reply.header('etag', `"${revision}"`);
    if (position !== undefined) reply.header('ledger-position', position.toString());
    reply.header('x-correlation-id', reply.request.id);
    reply.code(accepted !== undefined ? 202 : created === undefined ? 200 : 201);
    return this.body;
  }
}

/** A command's answer with the ids that it is about or minted; `created` is where the new record is read. Refusals stay as they are. */
export const answered = (
  outcome: Answer | Refusal,
  ids: (answer: Answer) => Readonly<Record<string, string>>,
  created?: (answer: Answer) => string,
): Told | Refusal => {
  if (isRefusal(outcome)) return outcome;
  const { revision, position, events, repeated } = outcome;
  return new Told(
    { ...ids(outcome), revision: revision.toString(), position: position.toString(), events, repeated },
    // What was there already is not created again.
    { revision, position, ...(created && events.length > 0 ? { created: created(outcome) } : {}) },
  );
};
