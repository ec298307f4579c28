import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { Authenticator, mintToken, trustDevelopmentKeys, trustIssuer } from './auth.ts';
import { isLoopback } from './loopback.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'ledger-auth-'))));
afterAll(() => rm(folder, { recursive: true }));

const keys = await generateKeyPair('ES256', { extractable: true });
const jwk: JWK = { ...(await exportJWK(keys.publicKey)), alg: 'ES256', kid: 'k1' };
const issuer = 'https://id.example.edu';
const token = (claims: object = {}, expires: string | number = '1h'): Promise<string> =>
  new SignJWT({ sub: 'u-1', role: 'registrar', institution: 'college', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setIssuer(issuer)
    .setExpirationTime(expires)
    .sign(keys.privateKey);
const codeOf = async (work: () => unknown): Promise<unknown> => {
  try {
    return await work();
  } catch (problem) {
    return (problem as { code: string }).code;
  }
};

describe('an OIDC provider', () => {
  it('is trusted by a key set in a file, and for its audience where one is named', async () => {
    const file = join(folder, 'provider.json');
    await writeFile(file, JSON.stringify({ keys: [jwk] }));
    const anyone = new Authenticator(trustIssuer(issuer, file));
    const principal = { sub: 'u-1', role: 'registrar', institution: 'college', org: null, learner: null };
    expect(await anyone.principal(`Bearer ${await token()}`)).toEqual(principal);
    const ours = new Authenticator(trustIssuer(issuer, file, 'ledger'));
    expect(await codeOf(async () => ours.principal(`Bearer ${await token()}`))).toBe('TOKEN_INVALID');
    expect(await ours.principal(`Bearer ${await token({ aud: 'ledger', org: 'o-1' })}`)).toEqual({ ...principal, org: 'o-1' });
  });

  it('is trusted by a key set at an address, and its silence is not the caller’s fault', async () => {
    const server = createServer((_, response) => void response.end(JSON.stringify({ keys: [jwk] }))).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const authenticator = new Authenticator(trustIssuer(issuer, url));
    expect(await authenticator.principal(`Bearer ${await token()}`)).toMatchObject({ sub: 'u-1' });
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    const silent = new Authenticator(trustIssuer(issuer, url));
    expect(await codeOf(async () => silent.principal(`Bearer ${await token()}`))).toBe('ISSUER_UNREACHABLE');
    expect(() => trustIssuer(issuer, 'http://id.example.edu/jwks')).toThrow('must be https');
  });
});

describe('a token', () => {
  const trusted = async (): Promise<Authenticator> => {
    await writeFile(join(folder, 'set.json'), JSON.stringify({ keys: [jwk] }));
    return new Authenticator(trustIssuer(issuer, join(folder, 'set.json')));
  };

  it.each([
    ['a role that nobody has', { role: 'system' }],
    ['no institution', { institution: undefined }],
    ['a person who is no id', { sub: '李 小雨' }],
    ['a learner who is a list', { learner: ['a'] }],
  ])('with %s is invalid', async (_, claims) => {
    expect(await codeOf(async () => (await trusted()).principal(`Bearer ${await token(claims)}`))).toBe('TOKEN_INVALID');
  });

  it('comes as a bearer token or not at all', async () => {
    const authenticator = await trusted();
    expect(await codeOf(() => authenticator.principal(undefined))).toBe('TOKEN_MISSING');
    for (const header of ['', 'Basic abc', 'Bearer', 'Bearer short', `Bearer ${'x'.repeat(9000)}`]) {
      expect(await codeOf(() => authenticator.principal(header))).toBe('TOKEN_INVALID');
    }
  });

  it('is checked once, and believed no longer than it lives', async () => {
    const authenticator = await trusted();
    const bearer = `Bearer ${await token({}, Math.floor(Date.now() / 1000) + 60)}`;
    const first = await authenticator.principal(bearer);
    // Known by now: answered without a promise.
    expect(authenticator.principal(bearer)).toBe(first);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
    const later = authenticator.principal(bearer);
    clock.mockRestore();
    expect(later).toBeInstanceOf(Promise);
    await later;
  });
});

describe('development keys', () => {
  it('are made once, for their owner’s eyes, and mint what they check', async () => {
    const authenticator = new Authenticator(await trustDevelopmentKeys(folder));
    const before = await readFile(join(folder, 'jwks.json'), 'utf8');
    await trustDevelopmentKeys(folder);
    expect(await readFile(join(folder, 'jwks.json'), 'utf8')).toBe(before);
    expect(before).not.toContain('"d"');
    expect((await stat(join(folder, 'development-key.json'))).mode & 0o077).toBe(0);
    const minted = await mintToken(folder, { sub: 'a', role: 'learner', institution: 'college', learner: 'l1' });
    expect(await authenticator.principal(`Bearer ${minted}`)).toMatchObject({ role: 'learner', learner: 'l1' });
    const expired = await mintToken(folder, { sub: 'a', role: 'learner', institution: 'college' }, -10);
    expect(await codeOf(() => authenticator.principal(`Bearer ${expired}`))).toBe('TOKEN_EXPIRED');
    // Another folder's keys are another ledger's.
    const other = await mkdtemp(join(tmpdir(), 'ledger-auth-'));
    await trustDevelopmentKeys(other);
    const stranger = await mintToken(other, { sub: 'a', role: 'registrar', institution: 'college' });
    expect(await codeOf(() => authenticator.principal(`Bearer ${stranger}`))).toBe('TOKEN_INVALID');
    await rm(other, { recursive: true });
  });

  it('belong to loopback', () => {
    expect(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', 'ledger.example.edu'].some(isLoopback)).toBe(false);
  });
});
