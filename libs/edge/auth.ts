import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalJWKSet, createRemoteJWKSet, errors, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import type { JSONWebKeySet, JWK, JWTPayload, JWTVerifyGetKey } from 'jose';
import { roles, type Actor, type Role } from '../kernel/decider.ts';
import { isLoopback } from './loopback.ts';
import { Problem } from './problem.ts';

/** Whom a token names. One person with two roles has two tokens. */
export interface Principal {
  readonly sub: string;
  readonly role: Exclude<Role, 'system'>;
  readonly institution: string;
  readonly org: string | null;
  /** Her learner id, for a learner. */
  readonly learner: string | null;
}

export const actorOf = (principal: Principal): Actor => ({
  personId: principal.sub,
  role: principal.role,
  organizationId: principal.org,
});

/** Asymmetric algorithms alone: with a shared secret every verifier could mint. */
const algorithms = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'PS256', 'RS256'];
const toleranceSeconds = 5;
const cachedTokens = 10_000;
/** A key that its issuer withdrew is believed no longer than this. */
const cachedMs = 300_000;

export interface Authentication {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
  readonly audience?: string;
}

/** Checks bearer tokens; a good one is checked once and remembered until it expires. */
export class Authenticator {
  private readonly trusted: Authentication;
  private readonly cache = new Map<string, { readonly principal: Principal; readonly until: number }>();

  constructor(trusted: Authentication) {
    this.trusted = trusted;
  }

  /** Throws TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID or ISSUER_UNREACHABLE. */
  principal(authorization: string | undefined): Principal | Promise<Principal> {
    if (authorization === undefined) throw new Problem('TOKEN_MISSING');
    const known = this.cache.get(authorization);
    if (known) {
      if (known.until > Date.now()) return known.principal;
      this.cache.delete(authorization);
    }
    const token = /^Bearer ([\w.-]{20,8192})$/i.exec(authorization)?.[1];
    if (token === undefined) throw new Problem('TOKEN_INVALID');
    return this.verify(token, authorization);
  }

  private async verify(token: string, authorization: string): Promise<Principal> {
    const { issuer, keys, audience } = this.trusted;
    const { payload } = await jwtVerify(token, keys, {
      algorithms,
      issuer,
      ...(audience === undefined ? {} : { audience }),
      requiredClaims: ['exp', 'sub'],
      clockTolerance: toleranceSeconds,
    }).catch((error: unknown) => {
      if (error instanceof errors.JWTExpired) throw new Problem('TOKEN_EXPIRED');
      const unreachable = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError);
      throw new Problem(unreachable ? 'ISSUER_UNREACHABLE' : 'TOKEN_INVALID');
    });
    const principal = principalOf(payload);
    const until = Math.min(payload.exp! * 1000, Date.now() + cachedMs);
    if (this.cache.size >= cachedTokens) this.cache.delete(this.cache.keys().next().value!);
    this.cache.set(authorization, { principal, until });
    return principal;
  }
}

/** Claims become names of streams and actors of events, so only what looks like an id is taken. */
const idShape = /^[\w.@:-]{1,128}$/;

function principalOf(payload: JWTPayload): Principal {
  const { sub, role, institution, org, learner } = payload;
  const isId = (value: unknown): value is string => typeof value === 'string' && idShape.test(value);
  const isRole = (value: unknown): value is Principal['role'] => roles.some((known) => known === value);
  const orNull = (value: unknown): string | null => {
    if (value === undefined || value === null || value === '') return null;
    if (!isId(value)) throw new Problem('TOKEN_INVALID');
    return value;
  };
  if (!isId(sub) || !isRole(role) || !isId(institution)) throw new Problem('TOKEN_INVALID');
  return Object.freeze({ sub, role, institution, org: orNull(org), learner: orNull(learner) });
}

// ── whose keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Any OIDC provider: its issuer, and its key set as a URL or a file. Throws where it cannot be used. */
export function trustIssuer(issuer: string, jwks: string, audience?: string): Authentication {
  const expected = audience === undefined ? {} : { audience };
  if (!/^https?:/.test(jwks)) return { issuer, keys: createLocalJWKSet(readKeySet(jwks)), ...expected };
  const url = new URL(jwks);
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) throw new Error(`LEDGER_JWKS must be https, it is ${jwks}`);
  return { issuer, keys: createRemoteJWKSet(url), ...expected };
}

const readKeySet = (file: string): JSONWebKeySet => JSON.parse(readFileSync(file, 'utf8')) as JSONWebKeySet;

// ── development keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

export const developmentIssuer = 'urn:ledger:development';
const publicFile = 'jwks.json';
/** Whoever reads it can speak as anybody, on this machine's loopback. */
const privateFile = 'development-key.json';

/** Trusts the keys in the data folder, which are made at first start. Only while listening on loopback (architecture.md, rule 25). */
export async function trustDevelopmentKeys(folder: string): Promise<Authentication> {
  if (!existsSync(join(folder, privateFile))) {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    const kid = randomUUID();
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' };
    writeFileSync(join(folder, publicFile), `${JSON.stringify({ keys: [jwk] }, null, 2)}\n`);
    const secret = { ...(await exportJWK(privateKey)), kid, alg: 'EdDSA' };
    writeFileSync(join(folder, privateFile), `${JSON.stringify(secret)}\n`, { mode: 0o600 });
  }
  return { issuer: developmentIssuer, keys: createLocalJWKSet(readKeySet(join(folder, publicFile))) };
}

export interface TokenClaims {
  readonly sub: string;
  readonly role: Principal['role'];
  readonly institution: string;
  readonly org?: string;
  readonly learner?: string;
}

/** A development token. A server on any other address than loopback believes none of them. Throws where the folder has no key. */
export async function mintToken(folder: string, claims: TokenClaims, lifetimeSeconds = 12 * 3600): Promise<string> {
  const jwk = JSON.parse(readFileSync(join(folder, privateFile), 'utf8')) as JWK;
  const { sub, ...rest } = claims;
  return new SignJWT({ ...rest })
    .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid! })
    .setSubject(sub)
    .setIssuer(developmentIssuer)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + lifetimeSeconds)
    .sign(await importJWK(jwk, 'EdDSA'));
}
