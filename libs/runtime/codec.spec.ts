import { beforeEach, describe, expect, it } from '@jest/globals';
import { registrar } from '../../test/support/past.ts';
import { contact, identity } from '../../test/support/histories.ts';
import { createMemoryKeyVault } from '../adapters/memory/key-vault.ts';
import type { Envelope } from '../kernel/decider.ts';
import type { NewEvent, StoredEvent } from '../ports/event-store.ts';
import type { KeyVault } from '../ports/key-vault.ts';
import { Codec, SealLikeText, SubjectErased } from './codec.ts';
import { isSealed, SealBroken } from './seal.ts';

let vault: KeyVault;
let codec: Codec;

beforeEach(() => {
  vault = createMemoryKeyVault({ seed: 'codec' });
  codec = new Codec(vault);
});

const envelope = (type: string, data: object, more: Partial<Envelope> = {}): Envelope => ({
  id: '00000000-0000-8000-a000-000000000001',
  type,
  version: type === 'StudySuspended' ? 2 : 1,
  stream: 'learner-chen',
  effectiveAt: '2026-01-01T00:00:00.000Z',
  decidedAt: '2026-01-02T00:00:00.000Z',
  actor: registrar('zhao'),
  commandId: 'c',
  commandDigest: 'd',
  correlationId: 'c',
  causationId: 'c',
  institutionId: 'college',
  subjectId: 'chen',
  basis: [],
  data,
  ...more,
});

const stored = (event: NewEvent, json = event.json): StoredEvent => ({
  ...event,
  json,
  stream: 'learner-chen',
  revision: 0n,
  position: 7n,
  recordedAt: '2026-01-03T00:00:00.000Z',
});

const identified = envelope('LearnerIdentified', { identity, contact, idClaim: null, source: null });
const withReason = envelope('StudentWithdrawn', { ground: 'medically-unable' }, { reason: { code: 'illness', text: '骨折' } });

describe('what stores see', () => {
  it('is sealed where the catalog says personal, each purpose under its own key', async () => {
    const { json } = await codec.encode(identified);
    const { data } = JSON.parse(json) as { data: { identity: string; contact: string; idClaim: null } };
    expect([isSealed(data.identity), isSealed(data.contact), data.idClaim]).toEqual([true, true, null]);
    expect([data.identity.split('.')[2], data.contact.split('.')[2]]).toEqual(['identity', 'contact']);
    for (const secret of [identity.name, identity.idNumber, contact.phone!]) expect(json).not.toContain(secret);
  });

  it('is the envelope itself where nothing is personal', async () => {
    const event = envelope('StudentWithdrawn', { ground: 'own-application' });
    const { json } = await codec.encode(event);
    expect(json).toBe(JSON.stringify(event));
  });

  it('hides a reason’s text and shows its code', async () => {
    const { json } = await codec.encode(withReason);
    const { reason } = JSON.parse(json) as { reason: { code: string; text: string } };
    expect(reason.code).toBe('illness');
    expect(isSealed(reason.text)).toBe(true);
    expect(json).not.toContain('骨折');
  });

  it('does not seal what is not there', async () => {
    const { json } = await codec.encode(envelope('LearnerIdentified', { identity, contact: null, idClaim: null, source: null }));
    expect((JSON.parse(json) as { data: { contact: unknown } }).data.contact).toBeNull();
  });

  it('refuses personal data about nobody, and types that no catalog has', async () => {
    await expect(codec.encode({ ...identified, subjectId: null })).rejects.toThrow('names no subject');
    await expect(codec.encode(envelope('SomethingElse', {}))).rejects.toThrow('not in the catalog');
    expect(() => codec.decode(stored({ id: identified.id, type: 'X', json: JSON.stringify(envelope('X', {})) }))).toThrow(
      'not in the catalog',
    );
  });

  it('refuses public text that reads like a sealed value', async () => {
    const sly = envelope('StudentExpelled', { decisionNumber: 'sealed.1.identity.x' });
    await expect(codec.encode(sly)).rejects.toThrow(SealLikeText);
  });
});

describe('what readers see', () => {
  it('stays sealed to a fold, and opens to who may see it', async () => {
    const event = stored(await codec.encode(identified));
    expect(isSealed((codec.decode(event).data as { identity: unknown }).identity)).toBe(true);
    expect(codec.decodeOpen(event)).toEqual({
      ...identified,
      revision: 0n,
      position: 7n,
      recordedAt: '2026-01-03T00:00:00.000Z',
    });
    const opened = codec.decodeOpen(stored(await codec.encode(withReason)));
    expect(opened.reason).toEqual({ code: 'illness', text: '骨折' });
  });

  it('opens one value that a view kept, and passes others by', async () => {
    const { data } = codec.decode(stored(await codec.encode(identified))) as { data: { identity: unknown } };
    expect(codec.reveal(data.identity)).toEqual(identity);
    expect([codec.reveal(null), codec.reveal('plain'), codec.reveal('erased')]).toEqual([null, 'plain', 'erased']);
    expect(() => codec.reveal(String(data.identity).replace('.identity.', '.another.'))).toThrow(SealBroken);
  });

  it('reads "erased" where the key is gone, purpose by purpose', async () => {
    const event = stored(await codec.encode(identified));
    const reasoned = stored(await codec.encode(withReason));
    await vault.shred('chen', ['contact']);
    expect(codec.decodeOpen(event).data).toMatchObject({ identity, contact: 'erased' });
    await vault.shred('chen', ['identity']);
    expect(codec.decodeOpen(event).data).toMatchObject({ identity: 'erased', contact: 'erased' });
    expect(codec.decodeOpen(reasoned).reason).toEqual({ code: 'illness', text: 'erased' });
    await expect(codec.encode(identified)).rejects.toThrow(SubjectErased);
  });

  it.each([
    ['another subject', (json: string) => json.replace('"subjectId":"chen"', '"subjectId":"wang"')],
    ['another actor', (json: string) => json.replace('"personId":"zhao"', '"personId":"qian"')],
    ['another time', (json: string) => json.replace('2026-01-01T00', '2025-01-01T00')],
    ['another public field', (json: string) => json.replace('"idClaim":null', '"idClaim":"claim-x"')],
  ])('notices a token that was moved to %s', async (_, move) => {
    const event = await codec.encode(identified);
    const moved = move(event.json);
    expect(moved).not.toBe(event.json);
    expect(() => codec.decodeOpen(stored(event, moved))).toThrow(SealBroken);
  });

  it.each([
    ['a token with another beginning', (json: string) => json.replace('"identity":"sealed', '"identity":"aealed')],
    ['a token of another purpose', (json: string) => json.replace('"contact":"sealed.1.c', '"contact":"sealed.1.d')],
    ['an identity in the clear', (json: string) => json.replace(/"identity":"[^"]+"/, '"identity":{"name":"Eve"}')],
    ['the word for what is gone', (json: string) => json.replace(/"identity":"[^"]+"/, '"identity":"erased"')],
    ['a reason in the clear', (json: string) => json.replace(/"text":"[^"]+"/, '"text":"because"')],
  ])('takes %s for no personal data', async (_, forge) => {
    const event = await codec.encode({ ...identified, reason: { code: 'illness', text: '骨折' } });
    const forged = forge(event.json);
    expect(forged).not.toBe(event.json);
    expect(() => codec.decodeOpen(stored(event, forged))).toThrow(SealBroken);
  });

  it('brings old versions to the present one, and refuses newer ones', async () => {
    const old = envelope('StudySuspended', { ground: 'illness', until: '2026-12-01' }, { version: 1 });
    const raw = { id: old.id, type: old.type, json: JSON.stringify(old) };
    expect(codec.decode(stored(raw))).toMatchObject({
      version: 2,
      data: { ground: 'illness', until: '2026-12-01', appliedOn: null },
    });
    const newer = JSON.stringify({ ...old, version: 9 });
    expect(() => codec.decode(stored(raw, newer))).toThrow('newer release');
    const unknown = JSON.stringify({ ...old, version: 0 });
    expect(() => codec.decode(stored(raw, unknown))).toThrow('no upcaster');
  });
});
