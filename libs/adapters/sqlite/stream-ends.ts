import type { SqliteEventReader } from './event-reader.ts';

/**
 * Where streams end, as the one process that writes them knows it: what a decision looks up most are streams that do not exist (gates, new
 * learners) or have not moved, and asking the file for each took a fifth of an import. Only says what is certain: a stream with an append
 * under way is always read from the file, which may hold it before its answer is here.
 */
export class StreamEnds {
  readonly #names: StreamNames;
  /** First revision that is not there. Two generations: what nobody asked for while the younger one filled is dropped. */
  #young = new Map<string, bigint>();
  #old = new Map<string, bigint>();
  readonly #underWay = new Map<string, number>();
  readonly #limit: number;

  constructor(reader: Pick<SqliteEventReader, 'namesAfter'>, limit = 100_000) {
    this.#names = new StreamNames(reader);
    this.#limit = limit;
  }

  /** True where nothing of the stream is there from this revision on; false where it may be. */
  nothingFrom(stream: string, from: bigint): boolean {
    if (this.#underWay.has(stream)) return false;
    const end = this.#young.get(stream) ?? this.#old.get(stream);
    if (end === undefined) return this.#names.lack(stream);
    if (!this.#young.has(stream)) this.#keep(stream, end);
    return from >= end;
  }

  /** A read to the end found nothing from here on. */
  saw(stream: string, end: bigint): void {
    if (end > 0n && !this.#underWay.has(stream)) this.#keep(stream, end);
  }

  /** An append is handed to the writer. */
  begins(stream: string): void {
    this.#underWay.set(stream, (this.#underWay.get(stream) ?? 0) + 1);
    this.#names.add(stream);
  }

  /** It was answered, with the stream's last revision (-1 while there is none); without where only the file knows. */
  ends(stream: string, revision?: number): void {
    const others = this.#underWay.get(stream)! - 1;
    if (others > 0) this.#underWay.set(stream, others);
    else this.#underWay.delete(stream);
    if (others === 0 && revision !== undefined) return this.#keep(stream, BigInt(revision + 1));
    this.#young.delete(stream);
    this.#old.delete(stream);
  }

  close(): void {
    this.#names.close();
  }

  #keep(stream: string, end: bigint): void {
    this.#young.set(stream, end);
    if (this.#young.size < this.#limit) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}

const sliceNames = 1000;
const sliceEveryMs = 4;
const bitsPerName = 16;
const probes = 4;
const firstLayerNames = 2 ** 16;

/**
 * Which names certainly name no stream: a Bloom filter of all, told of every new one before it is written. Four probes into 16 bits a name:
 * one unknown name in 400 is looked up in vain. A large log's names are read in slices between other work; until then it is silent.
 */
class StreamNames {
  readonly #reader: Pick<SqliteEventReader, 'namesAfter'>;
  /** The last one takes what is added; each has four times the room of the one before. */
  readonly #layers: Layer[] = [new Layer(firstLayerNames)];
  #scanned = 0;
  #complete = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(reader: Pick<SqliteEventReader, 'namesAfter'>) {
    this.#reader = reader;
    this.#scan();
  }

  lack(name: string): boolean {
    if (!this.#complete) return false;
    const hashed = hash(name);
    return this.#layers.every((layer) => layer.lacks(hashed));
  }

  add(name: string): void {
    let last = this.#layers.at(-1)!;
    if (last.room === 0) this.#layers.push((last = new Layer(last.names * 4)));
    last.add(hash(name));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #scan(): void {
    const names = this.#reader.namesAfter(this.#scanned, sliceNames);
    for (const name of names) this.add(name);
    this.#scanned += names.length;
    this.#complete = names.length < sliceNames;
    if (!this.#complete) this.#timer = setTimeout(() => this.#scan(), sliceEveryMs).unref();
  }
}

class Layer {
  readonly names: number;
  room: number;
  readonly #bits: Uint32Array;
  readonly #mask: number;

  constructor(names: number) {
    this.names = this.room = names;
    this.#bits = new Uint32Array((names * bitsPerName) / 32);
    this.#mask = names * bitsPerName - 1;
  }

  lacks([first, step]: Hash): boolean {
    for (let n = 0, at = first; n < probes; n++, at += step) {
      const bit = at & this.#mask;
      if ((this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return true;
    }
    return false;
  }

  add([first, step]: Hash): void {
    this.room -= 1;
    for (let n = 0, at = first; n < probes; n++, at += step) {
      const bit = at & this.#mask;
      this.#bits[bit >>> 5]! |= 1 << (bit & 31);
    }
  }
}

type Hash = readonly [first: number, step: number];

/** Two of a kind of FNV-1a in one pass, each mixed at its end: names of one kind differ late and little. */
function hash(name: string): Hash {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  return [mixed(a), mixed(b) | 1];
}

function mixed(bits: number): number {
  let h = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
