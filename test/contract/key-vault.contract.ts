import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { purposes } from '../../libs/kernel/purposes.ts';
import type { Purpose } from '../../libs/kernel/purposes.ts';
import type { DataKey, KeyVault, ShreddedKey } from '../../libs/ports/key-vault.ts';

/** One place where keys are kept: `open` twice is two processes on it, `open` after `close` a restart. */
export interface VaultUnderTest {
  open(): Promise<KeyVault>;
  erasures(): Promise<readonly ShreddedKey[]>;
  dispose(): Promise<void>;
}

/** Every key vault keeps these sentences. */
export function keyVaultContract(name: string, prepare: () => Promise<VaultUnderTest>): void {
  describe(`key vault: ${name}`, () => {
    let place: VaultUnderTest;
    let vault: KeyVault;
    beforeEach(async () => {
      place = await prepare();
      vault = await place.open();
    });
    afterEach(async () => {
      await vault.close();
      await place.dispose();
    });

    const minted = async (subjectId: string, purpose: Purpose = 'identity', by = vault): Promise<DataKey> => {
      const key = await by.obtain(subjectId, purpose);
      if (key === 'erased') throw new Error(`${subjectId} is erased`);
      return key;
    };

    it('mints one key per person and purpose', async () => {
      // Long enough that a random id does not hold one by chance.
      const [one, other] = ['person-0001', 'person-0002'];
      const keys = [await minted(one), await minted(one, 'contact'), await minted(other), await minted(other, 'contact')];
      for (const { keyId, key } of keys) {
        expect(keyId).toMatch(/^[\w-]{16,64}$/);
        expect(keyId).not.toContain('person');
        expect(key).toHaveLength(32);
      }
      expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(4);
      expect(new Set(keys.map(({ key }) => Buffer.from(key).toString('hex'))).size).toBe(4);
      expect(await vault.obtain(one, 'identity')).toEqual(keys[0]);
    });

    it('gives all who ask at the same time the same key', async () => {
      const keys = await Promise.all(Array.from({ length: 50 }, (_, n) => vault.obtain(`p${n % 5}`, 'identity')));
      expect(new Set(keys.map((key) => (key === 'erased' ? key : key.keyId))).size).toBe(5);
      for (const [n, key] of keys.entries()) expect(key).toEqual(keys[n % 5]);
    });

    it('gives two processes that ask at the same time the same key', async () => {
      const other = await place.open();
      const [ours, theirs] = await Promise.all(
        [vault, other].map((one) => Promise.all(['p1', 'p2', 'p3'].map((p) => one.obtain(p, 'contact')))),
      );
      expect(theirs).toEqual(ours);
      await other.close();
    });

    it('does not confuse ids that differ only in where they end', async () => {
      const odd = ['a', 'aidentity', 'a\0', 'a|identity', '', '学员'];
      const keys = await Promise.all(odd.map((subjectId) => minted(subjectId)));
      expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(odd.length);
    });

    it('finds a minted key at once, and after a restart', async () => {
      const key = await minted('p1');
      expect(vault.find(key.keyId)).toEqual(key);
      await vault.close();
      vault = await place.open();
      expect(vault.find(key.keyId)).toEqual(key);
      expect(await vault.obtain('p1', 'identity')).toEqual(key);
    });

    it('says absent of a key that was never minted', () => {
      expect(vault.find('AAAAAAAAAAAAAAAAAAAAAA')).toBe('absent');
      expect(vault.find('')).toBe('absent');
    });

    it('finds what another process minted', async () => {
      const other = await place.open();
      const key = await minted('p1', 'identity', other);
      expect(vault.find(key.keyId)).toEqual(key);
      await other.close();
    });

    it('shreds one purpose and leaves the other', async () => {
      const identity = await minted('p1');
      const contact = await minted('p1', 'contact');
      expect(await vault.shred('p1', ['contact'])).toEqual([{ keyId: contact.keyId, subjectId: 'p1', purpose: 'contact' }]);
      expect(vault.find(contact.keyId)).toBe('erased');
      expect(await vault.obtain('p1', 'contact')).toBe('erased');
      expect(vault.find(identity.keyId)).toEqual(identity);
      expect(await place.erasures()).toEqual([{ keyId: contact.keyId, subjectId: 'p1', purpose: 'contact' }]);
    });

    it('answers a repeat with the same ids and records it once', async () => {
      const key = await minted('p1');
      const first = await vault.shred('p1', purposes);
      expect(first.map(({ purpose }) => purpose)).toEqual([...purposes]);
      expect(first[0]?.keyId).toBe(key.keyId);
      expect(await vault.shred('p1', purposes)).toEqual(first);
      expect(await vault.shred('p1', ['contact'])).toEqual(first.slice(1));
      expect(await place.erasures()).toEqual(first);
    });

    it('never mints what was shredded before it was minted', async () => {
      const [tombstone] = await vault.shred('p9', ['identity']);
      expect(await vault.obtain('p9', 'identity')).toBe('erased');
      expect(vault.find(tombstone?.keyId ?? '')).toBe('erased');
      await vault.close();
      vault = await place.open();
      expect(await vault.obtain('p9', 'identity')).toBe('erased');
      expect(await vault.shred('p9', ['identity'])).toEqual([tombstone]);
    });

    it('takes a purpose that is named twice once', async () => {
      const shredded = await vault.shred('p8', ['contact', 'contact']);
      expect(shredded).toHaveLength(1);
      expect(await place.erasures()).toEqual(shredded);
    });

    it('shreds nothing where no purpose is named', async () => {
      const key = await minted('p1');
      expect(await vault.shred('p1', [])).toEqual([]);
      expect(vault.find(key.keyId)).toEqual(key);
    });

    it('stays erased after a restart', async () => {
      const key = await minted('p1');
      await vault.shred('p1', ['identity']);
      await vault.close();
      vault = await place.open();
      expect(vault.find(key.keyId)).toBe('erased');
      expect(await vault.obtain('p1', 'identity')).toBe('erased');
    });

    it('never serves from memory what another process shredded', async () => {
      const key = await minted('p1');
      expect(vault.find(key.keyId)).toEqual(key);
      const other = await place.open();
      await other.shred('p1', ['identity']);
      expect(vault.find(key.keyId)).toBe('erased');
      expect(await vault.obtain('p1', 'identity')).toBe('erased');
      await other.close();
    });

    it('decides one order where minting and shredding meet', async () => {
      const subjects = Array.from({ length: 20 }, (_, n) => `p${n}`);
      const [keys, shredded] = await Promise.all([
        Promise.all(subjects.map((subjectId) => vault.obtain(subjectId, 'identity'))),
        Promise.all(subjects.map((subjectId) => vault.shred(subjectId, ['identity']))),
      ]);
      for (const [n, key] of keys.entries()) {
        const shreddedId = shredded[n]?.[0]?.keyId ?? '';
        expect(['erased', shreddedId]).toContain(key === 'erased' ? key : key.keyId);
        expect(vault.find(shreddedId)).toBe('erased');
      }
    });

    it('keys an HMAC by domain, alike in every process and after a restart', async () => {
      const mac = vault.hmac('claim', '110101199003070000');
      expect(mac).toMatch(/^[\w-]{32}$/);
      expect(vault.hmac('claim', '110101199003070000')).toBe(mac);
      const others = [
        vault.hmac('digest', '110101199003070000'),
        vault.hmac('claim', '110101199003070001'),
        vault.hmac('claim1', '10101199003070000'),
        vault.hmac('', 'claim110101199003070000'),
      ];
      expect(new Set([mac, ...others]).size).toBe(5);
      await vault.close();
      vault = await place.open();
      expect(vault.hmac('claim', '110101199003070000')).toBe(mac);
    });

    it('refuses work after close, and closes twice', async () => {
      const { keyId } = await minted('p1');
      await vault.close();
      await vault.close();
      await expect(vault.obtain('p1', 'identity')).rejects.toThrow(/closed/);
      await expect(vault.shred('p1', ['identity'])).rejects.toThrow(/closed/);
      expect(() => vault.find(keyId)).toThrow(/closed/);
    });
  });
}
