import { createHash, createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { DataKey, KeyState } from '../ports/key-vault.ts';
import { isSealed, open, seal, SealBroken, sealedKeyId } from './seal.ts';

const newKey = (keyId: string): DataKey => ({ keyId, key: randomBytes(32) });
const key = newKey('k-1_A');
const find = (keyId: string): KeyState => (keyId === key.keyId ? key : 'absent');
const publicBytes = '{"stream":"learner-1","type":"LearnerIdentified"}';

const flawOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof SealBroken) return error.flaw;
    throw error;
  }
  return 'none';
};

describe('seal', () => {
  it('round-trips any JSON value', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4 }),
        fc.constantFrom('identity', 'contact'),
        fc.string(),
        (value, purpose, beside) => {
          const token = seal(value, key, purpose, beside);
          expect(isSealed(token)).toBe(true);
          expect(sealedKeyId(token)).toBe(key.keyId);
          const stored: unknown = JSON.parse(JSON.stringify(value));
          expect(open(token, find, beside)).toEqual({ value: stored });
          expect(open(token, find)).toEqual({ value: stored });
        },
      ),
    );
  });

  it('has the documented parts', () => {
    const [word, version, purpose, keyId, aadHash, body, commitment, ...rest] = seal('张伟', key, 'identity', publicBytes).split(
      '.',
    );
    expect([word, version, purpose, keyId, rest]).toEqual(['sealed', '1', 'identity', key.keyId, []]);
    expect(aadHash).toBe(createHash('sha256').update(publicBytes).digest().subarray(0, 16).toString('base64url'));
    expect(Buffer.from(body ?? '', 'base64url')).toHaveLength(12 + 32 + 16);
    expect(commitment).toBe(createHmac('sha256', key.key).update('commit').digest().subarray(0, 16).toString('base64url'));
  });

  it('refuses a token with any one character changed', () => {
    const alphabet = 'ABCXYZabcxyz0189-_.+/= '.split('');
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), fc.nat(), fc.constantFrom(...alphabet), (value, at, character) => {
        const token = seal(value, key, 'contact', publicBytes);
        const place = at % token.length;
        fc.pre(token[place] !== character);
        const flipped = token.slice(0, place) + character + token.slice(place + 1);
        expect(flawOf(() => open(flipped, find))).not.toBe('none');
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses every change of every last character, where base64url leaves bits unused', () => {
    const token = seal('abc', key, 'identity', publicBytes);
    const ends = token.split('.').map((_, part, parts) => parts.slice(0, part + 1).join('.').length - 1);
    for (const end of ends) {
      for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
        if (token[end] === character) continue;
        expect(flawOf(() => open(token.slice(0, end) + character + token.slice(end + 1), find))).not.toBe('none');
      }
    }
  });

  it('refuses a token that is cut, extended or spelt in another base64', () => {
    const token = seal('abc', key, 'identity', publicBytes);
    for (const other of [
      token.slice(0, -1),
      `${token}A`,
      `${token}\n`,
      ` ${token}`,
      token.replaceAll('-', '+').replace(/\.(\w)/, '.=$1'),
      '',
      'sealed.1',
    ]) {
      expect(isSealed(other)).toBe(false);
      expect(flawOf(() => open(other, find))).toBe('shape');
      expect(flawOf(() => sealedKeyId(other))).toBe('shape');
    }
    for (const other of [null, undefined, 7, {}, [token]]) expect(isSealed(other)).toBe(false);
  });

  it('is held to its public fields', () => {
    const token = seal('abc', key, 'identity', publicBytes);
    expect(flawOf(() => open(token, find, `${publicBytes} `))).toBe('public-fields');
    expect(flawOf(() => open(token, () => 'erased', `${publicBytes} `))).toBe('public-fields');
  });

  it('tells a wrong key before decrypting, and an absent one', () => {
    const token = seal('abc', key, 'identity', publicBytes);
    expect(flawOf(() => open(token, () => newKey(key.keyId)))).toBe('key-wrong');
    expect(flawOf(() => open(token, () => 'absent'))).toBe('key-absent');
  });

  it('reads erased where the key was shredded', () => {
    expect(open(seal('abc', key, 'identity', publicBytes), () => 'erased', publicBytes)).toBe('erased');
  });

  it('shows nothing of the plaintext: no text, and lengths only in steps', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{6,40}$/), (secret) => {
        const token = seal({ name: secret }, key, 'identity', publicBytes);
        expect(token).not.toContain(secret);
        expect(token).not.toContain(Buffer.from(secret).toString('base64url').slice(0, -2));
      }),
    );
    const lengths = new Set(
      ['李', '李明', '欧阳明月', 'a'.repeat(30)].map((name) => seal(name, key, 'identity', publicBytes).length),
    );
    expect(lengths.size).toBe(1);
  });

  it('never seals twice alike, unless the iv is given', () => {
    expect(new Set(Array.from({ length: 3000 }, () => seal('abc', key, 'identity', publicBytes))).size).toBe(3000);
    const iv = randomBytes(12);
    expect(seal('abc', key, 'identity', publicBytes, iv)).toBe(seal('abc', key, 'identity', publicBytes, iv));
  });

  it('refuses what JSON cannot say', () => {
    expect(() => seal(undefined, key, 'identity', publicBytes)).toThrow(TypeError);
  });
});
