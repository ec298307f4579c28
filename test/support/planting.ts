import type { Answer, Person } from '../journeys/client.ts';
import type { CommandRoute, Field } from './command-fields.ts';
import { digestsOf, needlesOf, type Needle } from './traces.ts';

/** Fields that are about a person by their nature: a command that takes one is given a planted value there. */
export const personalField =
  /^(?:rows\[\]\.)?(?:identity|contact|guardian|profile)\.|^rows\[\]\.(?:name|title|phone|guardianName)$|^reason\.text$|^statement$|^sections\[\]\.text$|^workOrders\[\]\./;

/** Marks that stand nowhere else: characters and letters that nobody writes. */
const marks = { name: '齾爩鱻Wjqzxv8', text: '龘靐齉Qzvxkjh7' } as const;
export type Mark = keyof typeof marks;

export interface Planted {
  readonly operation: string;
  readonly path: string;
  readonly value: string;
}

/** Makes values that can be found again, and remembers where each was said. Another `series` makes other values. */
export class Planter {
  readonly planted: Planted[] = [];
  readonly #series: string;
  /** By whether they hold names, as of so many planted values: making a thousand digests for every answer takes longer than the search. */
  readonly #needles = new Map<boolean, { readonly of: number; readonly needles: readonly Needle[] }>();
  #count = 0;

  constructor(series = '') {
    this.#series = series;
  }

  mark(kind: Mark): string {
    const [letters = ''] = /\w+$/.exec(marks[kind]) ?? [];
    const sign = this.#series === '' ? '' : String.fromCodePoint(0x9f00 + this.#series.codePointAt(0)!);
    return `${marks[kind].slice(0, -letters.length)}${sign}${letters}${this.#series}`;
  }

  text(kind: Mark = 'text'): string {
    this.#count += 1;
    // Of one length, so that none is another's beginning, whatever a file keeps behind it.
    return `${this.mark(kind)}-${String(this.#count).padStart(4, '0')}`;
  }

  /** Eleven digits that begin as no number in use does. */
  digits(): string {
    this.#count += 1;
    return `${this.#firstDigits()}${String(this.#count % 1000).padStart(3, '0')}`;
  }

  #firstDigits(): string {
    return `199730${String((this.#series.codePointAt(0) ?? 0) % 100).padStart(2, '0')}`;
  }

  /** Fills every personal field that was not said, in rows too. */
  fill(operation: string, fields: readonly Field[], said: object): object {
    const body = structuredClone(said) as Record<string, unknown>;
    for (const field of fields) {
      if (personalField.test(field.path)) this.#fillAt(operation, field, field.path.split('.'), body);
    }
    return body;
  }

  #fillAt(operation: string, field: Field, [name = '', ...rest]: readonly string[], into: Record<string, unknown>): void {
    if (name.endsWith('[]')) {
      const list = into[name.slice(0, -2)];
      for (const row of Array.isArray(list) ? list : []) this.#fillAt(operation, field, rest, row as Record<string, unknown>);
    } else if (rest.length > 0) {
      into[name] ??= name === 'reason' ? { code: 'other' } : {};
      this.#fillAt(operation, field, rest, into[name] as Record<string, unknown>);
    } else {
      into[name] ??= this.#valueFor(field);
      this.planted.push({ operation, path: field.path, value: String(into[name]) });
    }
  }

  #valueFor({ path, schema }: Field): string {
    if (schema.enum) return schema.enum.at(-1)!;
    if (schema.format === 'date') return '1961-07-23';
    const kind = /name$/i.test(path) ? 'name' : 'text';
    const long = this.text(kind);
    const letters = long.replaceAll(/[^\w]/g, '');
    const fits = (value: string): boolean =>
      (schema.pattern === undefined || new RegExp(schema.pattern).test(value)) && value.length <= (schema.maxLength ?? 1000);
    const value = [long, letters, `${letters}@mail.example`, this.digits()].find(fits);
    if (value === undefined) throw new Error(`${path} takes none of the planted kinds: teach planting.ts what to plant there`);
    return value;
  }

  /** What was planted, in every form. `names: false` leaves out what names people. */
  needles({ names = true }: { readonly names?: boolean } = {}): readonly Needle[] {
    const known = this.#needles.get(names);
    if (known?.of === this.planted.length) return known.needles;
    const kinds: readonly Mark[] = names ? ['name', 'text'] : ['text'];
    const cores = kinds.flatMap((kind) => {
      const whole = this.mark(kind);
      return [whole, whole.replaceAll(/\w/g, ''), whole.replaceAll(/\W/g, '')];
    });
    const numbers = this.#valuesAt(/idNumber$/).filter((value) => /^\d/.test(value));
    const digests = this.#valuesAt(/idNumber$|phone$/i).flatMap(digestsOf);
    const needles = [...cores, this.#firstDigits(), ...numbers].flatMap(needlesOf).concat(digests);
    this.#needles.set(names, { of: this.planted.length, needles });
    return needles;
  }

  #valuesAt(path: RegExp): readonly string[] {
    return [...new Set(this.planted.filter((one) => path.test(one.path)).map(({ value }) => value))];
  }
}

/** A registrar's office that carries out commands by their names, each with everything personal that it can say. */
export class Office {
  readonly accepted = new Map<string, Answer>();
  readonly answers: { readonly operation: string; readonly answer: Answer }[] = [];
  readonly planter: Planter;
  readonly #routes: ReadonlyMap<string, CommandRoute>;
  readonly #person: Person;

  constructor(routes: ReadonlyMap<string, CommandRoute>, planter: Planter, person: Person) {
    this.#routes = routes;
    this.planter = planter;
    this.#person = person;
  }

  /** Throws where it is not accepted. */
  async act(operation: string, id: string | null, said: object = {}, by: Person = this.#person): Promise<Answer> {
    const { answer, body } = await this.try(operation, id, said, by);
    if (answer.status >= 300) {
      throw new Error(`${operation} ${JSON.stringify(body)} was refused: ${JSON.stringify(answer.body)}`);
    }
    this.accepted.set(operation, answer);
    return answer;
  }

  async try(
    operation: string,
    id: string | null,
    said: object = {},
    by: Person = this.#person,
    headers: Record<string, string> = {},
  ): Promise<{ answer: Answer; body: object }> {
    const route = this.#routes.get(operation);
    if (!route) throw new Error(`there is no command route ${operation}`);
    const body = this.planter.fill(operation, route.fields, said);
    const answer = await by.post(route.path.replace(':id', id ?? ''), body, headers);
    this.answers.push({ operation, answer });
    return { answer, body };
  }
}
