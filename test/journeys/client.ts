import { randomUUID } from 'node:crypto';
import type { Ledger } from '../../apps/ledger/ledger.ts';
import type { TokenClaims } from '../../libs/edge/auth.ts';

/** A person at her desk: one token, and a fresh Idempotency-Key for every command unless she repeats one. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test reads out of it is what it checks
  readonly body: any;
}

export interface Person {
  readonly token: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  delete(path: string): Promise<Answer>;
}

export function personWith(url: string, token: string): Person {
  const send = async (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'accept-language': 'en', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isJson =
      response.headers.get('content-type')?.includes('json') === true &&
      !response.headers.get('content-type')!.includes('ndjson');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  return {
    token,
    get: (path, headers = {}) => send('GET', path, headers),
    delete: (path) => send('DELETE', path, {}),
    post: (path, body, headers = {}) =>
      send(
        'POST',
        path,
        { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
        typeof body === 'string' ? body : JSON.stringify(body),
      ),
  };
}

export const personOf = async (ledger: Ledger, claims: Partial<TokenClaims> & Pick<TokenClaims, 'role'>): Promise<Person> =>
  personWith(ledger.url, await ledger.mint({ sub: `${claims.role}-1`, institution: 'college', ...claims }));
