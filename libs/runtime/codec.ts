import { catalog, type LedgerEventType } from '../events/events.ts';
import { upcast } from '../events/upcasters/upcasters.ts';
import type { Envelope, Recorded } from '../kernel/decider.ts';
import { erased } from '../kernel/personal.ts';
import type { Purpose } from '../kernel/purposes.ts';
import type { NewEvent, StoredEvent } from '../ports/event-store.ts';
import type { KeyVault } from '../ports/key-vault.ts';
import { open, seal, SealBroken } from './seal.ts';

type Json = Record<string, unknown>;
type Written = Envelope & { readonly data: Json };

const kindOf = (type: string): (typeof catalog)[LedgerEventType] => {
  const kind = catalog[type as LedgerEventType];
  if (!kind) throw new Error(`event type ${type} is not in the catalog`);
  return kind;
};

/** The envelope with its personal parts taken out: what a seal binds as additional data. Key order is that of the stored JSON. */
const publicBytes = (event: Written, personal: Readonly<Record<string, Purpose>>): string => {
  const data: Json = { ...event.data };
  for (const field of Object.keys(personal)) if (field in data) data[field] = null;
  return JSON.stringify({ ...event, ...(event.reason ? { reason: { code: event.reason.code } } : {}), data });
};

/** How every sealed value begins. */
const sealMark = 'sealed.1.';

/** An event for the store, and how readers will find it there. */
export interface Encoded extends NewEvent {
  readonly sealed: Envelope;
}

/** Between decisions (personal data in the clear) and stores (sealed). The one place that knows both. */
export class Codec {
  private readonly vault: KeyVault;

  constructor(vault: KeyVault) {
    this.vault = vault;
  }

  /**
   * Seals what the catalog calls personal under the subject's keys, which are durable before this answers, and gives the event as it is
   * stored beside its JSON. Throws where the identity was erased.
   */
  async encode(event: Envelope): Promise<Encoded> {
    const written = event as Written;
    const personal = kindOf(event.type).personal ?? {};
    const fields = Object.entries(personal).filter(
      ([field]) => written.data[field] !== null && written.data[field] !== undefined,
    );
    const bytes = publicBytes(written, personal);
    if (bytes.includes(sealMark)) throw new SealLikeText(event.type);
    if (fields.length === 0 && event.reason?.text === undefined) {
      return { id: event.id, type: event.type, json: bytes, sealed: event };
    }

    const data: Json = { ...written.data };
    for (const [field, purpose] of fields) data[field] = await this.sealOne(event, data[field], purpose, bytes);
    const reason =
      event.reason?.text === undefined
        ? {}
        : { reason: { code: event.reason.code, text: await this.sealOne(event, event.reason.text, 'identity', bytes) } };
    const sealed: Envelope = { ...event, ...reason, data };
    return { id: event.id, type: event.type, json: JSON.stringify(sealed), sealed };
  }

  /** The same for an event that says nothing personal, without a promise; null where something must be sealed. */
  encodePublic(event: Envelope): Encoded | null {
    if (kindOf(event.type).personal !== undefined || event.reason?.text !== undefined) return null;
    const json = JSON.stringify(event);
    if (json.includes(sealMark)) throw new SealLikeText(event.type);
    return { id: event.id, type: event.type, json, sealed: event };
  }

  private async sealOne(event: Envelope, value: unknown, purpose: Purpose, bytes: string): Promise<string> {
    if (event.subjectId === null) throw new Error(`${event.type} carries personal data but names no subject`);
    const key = await this.vault.obtain(event.subjectId, purpose);
    if (key === 'erased') throw new SubjectErased(event.subjectId, purpose);
    return seal(value, key, purpose, bytes);
  }

  /** What readers fold: upcast to the current version, personal parts still sealed. */
  decode(stored: StoredEvent): Recorded {
    return decodeSealed(stored);
  }

  /**
   * As `decode`, with personal parts opened (`erased` where the key is gone) and every seal checked against the public parts.
   * Throws SealBroken, also for a personal part that is no token: nothing in the clear was ever stored there.
   */
  decodeOpen(stored: StoredEvent): Recorded {
    const event = JSON.parse(stored.json) as Written;
    const personal = kindOf(event.type).personal ?? {};
    const bytes = publicBytes(event, personal);
    const decoded = this.decode(stored);
    const data: Json = { ...decoded.data };
    for (const field of Object.keys(personal)) {
      const token = data[field];
      if (token !== null && token !== undefined) data[field] = this.openOne(token, bytes);
    }
    const text = decoded.reason?.text;
    const reason =
      decoded.reason && text !== undefined ? { reason: { ...decoded.reason, text: this.openOne(text, bytes) as string } } : {};
    return { ...decoded, ...reason, data };
  }

  /** Opens one sealed value that a view kept; anything else is answered as it is. Throws SealBroken for what begins as one and is none. */
  reveal<T>(value: T): T {
    return typeof value === 'string' && value.startsWith(sealMark) ? (this.openOne(value) as T) : value;
  }

  private openOne(token: unknown, bytes?: string): unknown {
    if (typeof token !== 'string') throw new SealBroken('shape', null);
    const opened = open(token, (keyId) => this.vault.find(keyId), bytes);
    return opened === erased ? erased : opened.value;
  }
}

/** Needs no key: upcast to the current version, personal parts still sealed. */
export function decodeSealed(stored: StoredEvent): Recorded {
  const event = JSON.parse(stored.json) as Written;
  const current = kindOf(event.type).version;
  const { revision, position, recordedAt } = stored;
  const data = event.version === current ? event.data : upcast(event.type, event.version, current, event.data);
  return { ...event, version: current, data, revision, position, recordedAt };
}

/** Clear text that reads like a sealed value would be taken for one by every reader, and by a restore for one whose key is missing. */
export class SealLikeText extends Error {
  constructor(type: string) {
    super(`${type} carries public text that reads like a sealed value`);
    this.name = 'SealLikeText';
  }
}

/** Personal data about somebody whose keys were shredded: there is nothing left to seal it with, for good. */
export class SubjectErased extends Error {
  constructor(subjectId: string, purpose: Purpose) {
    super(`${purpose} of ${subjectId} was erased`);
    this.name = 'SubjectErased';
  }
}
