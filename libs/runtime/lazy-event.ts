import { catalog, type LedgerEventType } from '../events/events.ts';
import type { Actor, Basis, Envelope, Recorded } from '../kernel/decider.ts';
import type { StoredEvent } from '../ports/event-store.ts';
import { decodeSealed } from './codec.ts';

type Head = Omit<Envelope, 'data'>;

/**
 * As `decodeSealed`, for folds of many events: what nearly every fold reads is there at once, the rest of the envelope is parsed when somebody asks.
 * Five sixths of an assessment's bytes are envelope, and parsing them took a third of a rebuild. A copy by spread loses the lazy parts, so
 * whoever copies events (as-of questions do) takes `decodeSealed`.
 */
export function decodeLazily(stored: StoredEvent): Recorded {
  const { json, id, type, stream } = stored;
  // Bytes that are laid out otherwise than the codec's are parsed as a whole.
  const version = after(json, `{"id":"${id}","type":"${type}","version":`, 0);
  const effectiveAt = version < 0 ? -1 : after(json, `,"stream":"${stream}","effectiveAt":"`, endOfDigits(json, version));
  // No text holds this: quotes in it are escaped. And nothing before it has a key of this name.
  const data = effectiveAt < 0 ? -1 : json.indexOf(dataMark, effectiveAt);
  if (data < 0 || Number(json.slice(version, endOfDigits(json, version))) !== catalog[type as LedgerEventType]?.version)
    return decodeSealed(stored);
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the bytes of an event of this type
    return new LazyEvent(stored, json.slice(effectiveAt, json.indexOf('"', effectiveAt)), data) as unknown as Recorded;
  } catch {
    // Something stands behind the data.
    return decodeSealed(stored);
  }
}

const dataMark = ',"data":{';

/** Where `text` ends in `json` if it stands at `from`; -1 where it does not. */
const after = (json: string, text: string, from: number): number => (json.startsWith(text, from) ? from + text.length : -1);

function endOfDigits(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) >= 0x30 && json.charCodeAt(at) <= 0x39) at += 1;
  return at;
}

class LazyEvent implements Readonly<Record<keyof Envelope, unknown>> {
  readonly type: string;
  readonly stream: string;
  readonly effectiveAt: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly recordedAt: string;
  readonly data: object;
  readonly #json: string;
  readonly #dataAt: number;
  #parsed: Head | undefined;

  constructor({ type, stream, revision, position, recordedAt, json }: StoredEvent, effectiveAt: string, dataAt: number) {
    this.type = type;
    this.stream = stream;
    this.effectiveAt = effectiveAt;
    this.revision = revision;
    this.position = position;
    this.recordedAt = recordedAt;
    this.data = JSON.parse(json.slice(dataAt + dataMark.length - 1, -1)) as object;
    this.#json = json;
    this.#dataAt = dataAt;
  }

  get #head(): Head {
    return (this.#parsed ??= JSON.parse(`${this.#json.slice(0, this.#dataAt)}}`) as Head);
  }

  get actor(): Actor {
    if (this.#parsed) return this.#parsed.actor;
    const at = this.#json.indexOf(actorMark) + actorMark.length - 1;
    // To the next key that is always there: cut at a bracket, two people could read the same.
    const text = this.#json.slice(at, this.#json.indexOf(',"commandId":"', at));
    let actor = actors.get(text);
    if (actor === undefined) {
      actor = this.#head.actor;
      if (actors.size >= rememberedActors) actors.clear();
      actors.set(text, actor);
    }
    return actor;
  }

  get id(): string {
    return this.#head.id;
  }
  get version(): number {
    return this.#head.version;
  }
  get decidedAt(): string {
    return this.#head.decidedAt;
  }
  get onBehalfOf(): string | undefined {
    return this.#head.onBehalfOf;
  }
  get reason(): Envelope['reason'] {
    return this.#head.reason;
  }
  get commandId(): string {
    return this.#head.commandId;
  }
  get commandDigest(): string {
    return this.#head.commandDigest;
  }
  get correlationId(): string {
    return this.#head.correlationId;
  }
  get causationId(): string {
    return this.#head.causationId;
  }
  get institutionId(): string {
    return this.#head.institutionId;
  }
  get subjectId(): string | null {
    return this.#head.subjectId;
  }
  get basis(): readonly Basis[] {
    return this.#head.basis;
  }
}

const actorMark = ',"actor":{';
/** A college has some hundreds; each is parsed once. */
const rememberedActors = 5_000;
const actors = new Map<string, Actor>();
