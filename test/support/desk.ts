import { randomUUID } from 'node:crypto';
import type { DynamicModule, Type } from '@nestjs/common';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createMemoryKeyVault } from '../../libs/adapters/memory/key-vault.ts';
import { MemoryEventStore } from '../../libs/adapters/memory/event-store.ts';
import { apprenticeshipFinders } from '../../libs/contexts/apprenticeship/apprenticeship.module.ts';
import { assessmentFinders } from '../../libs/contexts/assessment/assessment.module.ts';
import { enrollmentFinders } from '../../libs/contexts/enrollment/enrollment.module.ts';
import { facultyFinders } from '../../libs/contexts/faculty/faculty.module.ts';
import { Authenticator, type TokenClaims } from '../../libs/edge/auth.ts';
import { recordsOf, type Parts } from '../../libs/edge/parts.ts';
import { createServer, type Server, type ServerOptions } from '../../libs/edge/server.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { Transactor } from '../../libs/runtime/transact.ts';

/** Contexts behind HTTP over the memory store, without a socket: what their routes take, refuse and answer. */
export interface Desk {
  readonly server: Server;
  readonly parts: Parts;
  readonly clock: { ms: number; now(): number };
  readonly log: string[];
  readonly token: (claims?: Partial<TokenClaims>) => Promise<string>;
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>;
  /** As somebody else than the first registrar. */
  readonly as: (claims: Partial<TokenClaims>) => Promise<Pick<Desk, 'post' | 'get'>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test reads out of it is what it checks
  readonly body: any;
}

const issuer = 'urn:test';
const keys = await generateKeyPair('EdDSA');
const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(keys.publicKey)), alg: 'EdDSA' }] });

export async function openDesk(
  modules: readonly (Type | DynamicModule)[],
  { parts: given = {}, options = {} }: { parts?: Partial<Parts>; options?: Partial<ServerOptions> } = {},
): Promise<Desk> {
  const clock = { ms: Date.parse('2026-10-01T00:00:00Z'), now: (): number => clock.ms };
  const store = new MemoryEventStore(clock);
  const vault = createMemoryKeyVault({ seed: 'desk' });
  const codec = new Codec(vault);
  const timer = { sleep: (): Promise<void> => Promise.resolve() };
  const transactor = new Transactor({ store, codec, clock, timer, entropy: { random: () => 0.5 } });
  const ofEnrollment = enrollmentFinders(transactor, codec);
  const parts: Parts = {
    store,
    vault,
    codec,
    clock,
    transactor,
    institutions: new Map([
      ['college', 'Asia/Shanghai'],
      ['academy', 'Asia/Urumqi'],
    ]),
    authenticator: new Authenticator({ issuer, keys: jwks }),
    records: recordsOf(
      ofEnrollment,
      facultyFinders(transactor),
      apprenticeshipFinders(transactor, ofEnrollment),
      assessmentFinders(transactor, ofEnrollment),
    ),
    views: {
      read: () => Promise.reject(new Error('there are no views at the desk')),
      waitFor: () => Promise.resolve(false),
      status: () => [],
      notify: () => undefined,
      details: () => Promise.resolve([]),
      parked: () => Promise.resolve({ total: 0, items: [] }),
      retry: () => Promise.resolve(false),
      practise: () => Promise.reject(new Error('there are no views at the desk')),
    },
    rebuilds: {
      carryOut: () => undefined,
      pace: () => null,
      differences: () => null,
      watch: () => () => undefined,
      gauges: () => [],
    },
    releases: { carryOut: () => undefined },
    past: {
      read: () => Promise.reject(new Error('there is no past at the desk')),
      readBoth: () => Promise.reject(new Error('there is no past at the desk')),
      ask: () => Promise.reject(new Error('there is no past at the desk')),
      list: () => Promise.resolve([]),
      drop: () => Promise.resolve(false),
    },
    loopback: true,
    readiness: () => Promise.resolve([]),
    erased: () => Promise.resolve(),
    ...given,
  };
  const log: string[] = [];
  const server = await createServer({
    parts,
    modules,
    log: { level: 'info', stream: { write: (line) => void log.push(line) } },
    ...options,
  });
  const fastify = server.app.getHttpAdapter().getInstance();
  await fastify.ready();

  const token = (claims: Partial<TokenClaims> = {}): Promise<string> =>
    new SignJWT({ role: 'registrar', institution: 'college', ...claims })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setSubject(claims.sub ?? 'registrar-1')
      .setIssuer(issuer)
      .setExpirationTime('1h')
      .sign(keys.privateKey);

  const speaker = (bearer: string): Pick<Desk, 'post' | 'get'> => {
    const send = async (
      method: 'GET' | 'POST',
      url: string,
      headers: Record<string, string>,
      payload?: string,
    ): Promise<Answer> => {
      const response = await fastify.inject({
        method,
        url,
        headers: { authorization: `Bearer ${bearer}`, 'accept-language': 'en', ...headers },
        ...(payload === undefined ? {} : { payload }),
      });
      const isJson = String(response.headers['content-type']).includes('json');
      return { status: response.statusCode, headers: response.headers, body: isJson ? response.json() : response.body };
    };
    return {
      get: (path, headers = {}) => send('GET', path, headers),
      post: (path, body, headers = {}) =>
        send(
          'POST',
          path,
          { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
          typeof body === 'string' ? body : JSON.stringify(body),
        ),
    };
  };
  return { server, parts, clock, log, token, ...speaker(await token()), as: async (claims) => speaker(await token(claims)) };
}
