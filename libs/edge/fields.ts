import type { PipeTransform, ArgumentMetadata } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { ValidateBy, ValidateNested, validateSync, type ValidationError } from 'class-validator';
import type { Bilingual } from '../kernel/bilingual.ts';
import type { CodeList } from '../kernel/codes.ts';
import { endOfDay, instant, isPlainDate, startOfDay } from '../kernel/time.ts';
import { Problem, type FieldError } from './problem.ts';

/**
 * Kinds of fields: each is one check with its sentence in both languages, and its description in the API document.
 * A field is needed unless `optional`; null counts as absent.
 */
interface FieldOptions {
  readonly optional?: boolean;
  readonly example?: unknown;
  readonly description?: string;
}

interface Check extends Bilingual {
  readonly code: string;
  readonly test: (value: unknown) => boolean;
}

const field = (check: Check, options: FieldOptions, schema: object): PropertyDecorator => {
  const { code, zh, en, test } = check;
  const validate = (value: unknown): boolean => (value === undefined || value === null ? options.optional === true : test(value));
  return decorate(
    rule(validate),
    ValidateBy({ name: code, validator: { validate, defaultMessage: () => code } }, { context: { zh, en } }),
    Documented(described(options, schema)),
  );
};

const described = ({ optional, example, description }: FieldOptions, schema: object): ApiPropertyOptions => ({
  ...schema,
  required: optional !== true,
  ...(optional === true ? { nullable: true } : {}),
  ...(example === undefined ? {} : { example }),
  ...(description === undefined ? {} : { description }),
});

/** What the API document says of a field, by prototype and name. What makes the document is loaded when somebody asks for it. */
const descriptions = new Map<object, Map<string, ApiPropertyOptions>>();

export const Documented =
  (description: ApiPropertyOptions): PropertyDecorator =>
  (target, key) => {
    const fields = descriptions.get(target) ?? new Map<string, ApiPropertyOptions>();
    descriptions.set(target, fields.set(String(key), description));
  };

/** Every field that is checked, class by class in the order of their declaration; those that a class inherits stand with where they come from. */
export const documentedFields = (): ReadonlyMap<object, ReadonlyMap<string, ApiPropertyOptions>> => descriptions;

const decorate =
  (...decorators: readonly PropertyDecorator[]): PropertyDecorator =>
  (target, key) => {
    for (const decorator of decorators) decorator(target, key);
  };

// oxlint-disable-next-line no-control-regex -- they are what is refused
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u2028\u2029]/;
const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= max && value.isWellFormed() && !control.test(value);

/** Free text: not blank, without control characters. */
export const Text = (max: number, options: FieldOptions = {}): PropertyDecorator =>
  field(
    {
      code: 'TEXT',
      zh: `须为 1 至 ${max} 个字符的文字，不含控制字符。`,
      en: `needs 1 to ${max} characters of text without control characters.`,
      test: (value) => isText(value, max),
    },
    options,
    { type: 'string', minLength: 1, maxLength: max },
  );

/** Text of a given shape. */
export const Shaped = (pattern: RegExp, words: Bilingual, options: FieldOptions = {}): PropertyDecorator =>
  field({ code: 'SHAPE', ...words, test: (value) => typeof value === 'string' && pattern.test(value) }, options, {
    type: 'string',
    pattern: pattern.source,
  });

export const idPattern = /^[0-9a-z]{1,64}$/;

/** An id that the ledger gave. */
export const Id = (options: FieldOptions = {}): PropertyDecorator =>
  Shaped(
    idPattern,
    { zh: '须为本系统给出的编号。', en: 'must be an id that the ledger gave.' },
    { example: '5q8m2c7h1v0n4k3d', ...options },
  );

/** Who somebody is at the identity provider: the `sub` of tokens. */
export const PersonId = (options: FieldOptions = {}): PropertyDecorator =>
  Shaped(/^[\w.@:-]{1,128}$/, { zh: '须为令牌中的 sub。', en: 'must be the `sub` of a token.' }, options);

const shortCode = /^[a-z][a-z0-9-]{0,63}$/;

/** A short code in lower case, such as a reason's. */
export const Code = (options: FieldOptions = {}): PropertyDecorator =>
  Shaped(shortCode, { zh: '须为小写字母、数字和连字符。', en: 'must be lower-case letters, digits and hyphens.' }, options);

const codesOf = (list: CodeList | Readonly<Record<string, unknown>>): readonly string[] =>
  Array.isArray(list) ? (list as CodeList).map(({ code }) => code) : Object.keys(list);

/** One code of a list. */
export const OneOf = (list: CodeList | Readonly<Record<string, unknown>>, options: FieldOptions = {}): PropertyDecorator => {
  const codes = codesOf(list);
  const accepted = codes.join(', ');
  return field(
    {
      code: 'ONE_OF',
      zh: `须为其中之一：${accepted}。`,
      en: `must be one of: ${accepted}.`,
      test: (value) => codes.includes(value as string),
    },
    { example: codes[0], ...options },
    { type: 'string', enum: codes },
  );
};

/** YYYY-MM-DD, a day that exists. */
export const PlainDate = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    {
      code: 'PLAIN_DATE',
      zh: '须为存在的日期，形如 2026-09-01。',
      en: 'must be a day that exists, such as 2026-09-01.',
      test: (value) => typeof value === 'string' && isPlainDate(value),
    },
    { example: '2026-09-01', ...options },
    { type: 'string', format: 'date' },
  );

const momentShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
export const isMoment = (value: unknown): value is string =>
  typeof value === 'string' &&
  (isPlainDate(value) || (momentShape.test(value) && isPlainDate(value.slice(0, 10)) && !Number.isNaN(Date.parse(value))));

/** An instant with its offset, or a plain date. */
export const Moment = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    {
      code: 'MOMENT',
      zh: '须为日期或带时区的时刻，如 2026-09-01 或 2026-09-01T08:00:00+08:00。',
      en: 'must be a day or an instant with its offset, such as 2026-09-01 or 2026-09-01T08:00:00+08:00.',
      test: isMoment,
    },
    { example: '2026-09-01', ...options },
    { type: 'string' },
  );

/** A day becomes effective at its start. */
export const effectiveInstant = (moment: string, zone: string): string =>
  moment.length === 10 ? startOfDay(moment, zone) : instant(Date.parse(moment));

/** An as-of question about a day means its end. */
export const asOfInstant = (moment: string, zone: string): string =>
  moment.length === 10 ? endOfDay(moment, zone) : instant(Date.parse(moment));

export const Whole = (min: number, max: number, options: FieldOptions = {}): PropertyDecorator =>
  field(
    {
      code: 'WHOLE',
      zh: `须为 ${min} 至 ${max} 的整数。`,
      en: `must be a whole number from ${min} to ${max}.`,
      test: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
    },
    options,
    { type: 'integer', minimum: min, maximum: max },
  );

/** A whole number in a query: digits. */
export const Digits = (min: number, max: number, options: FieldOptions = {}): PropertyDecorator =>
  field(
    {
      code: 'WHOLE',
      zh: `须为 ${min} 至 ${max} 的整数。`,
      en: `must be a whole number from ${min} to ${max}.`,
      test: (value) => typeof value === 'string' && /^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max,
    },
    options,
    { type: 'integer', minimum: min, maximum: max },
  );

/** Codes of a list in a query, separated by commas. */
export const AnyOf = (list: CodeList | Readonly<Record<string, unknown>>, options: FieldOptions = {}): PropertyDecorator => {
  const codes = codesOf(list);
  const accepted = codes.join(', ');
  return field(
    {
      code: 'ANY_OF',
      zh: `须为其中若干项，以逗号分隔：${accepted}。`,
      en: `must be some of these, separated by commas: ${accepted}.`,
      test: (value) => typeof value === 'string' && value.split(',').every((code) => codes.includes(code)),
    },
    { example: codes[0], ...options },
    { type: 'string', pattern: `^(${codes.join('|')})(,(${codes.join('|')}))*$` },
  );
};

/** true or false in a query. */
export const Switch = (options: FieldOptions = {}): PropertyDecorator => OneOf({ true: 1, false: 1 }, options);

export const Flag = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { code: 'FLAG', zh: '须为 true 或 false。', en: 'must be true or false.', test: (value) => typeof value === 'boolean' },
    options,
    { type: 'boolean' },
  );

/** Something that must be affirmed. */
export const Yes = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { code: 'YES', zh: '须为 true。', en: 'must be true.', test: (value) => value === true },
    { example: true, ...options },
    { type: 'boolean', enum: [true] },
  );

/** A list of texts, each of a shape. */
export const ListOf = (each: RegExp | readonly string[] | number, max: number, options: FieldOptions = {}): PropertyDecorator => {
  const fits =
    typeof each === 'number'
      ? (value: unknown): boolean => isText(value, each)
      : each instanceof RegExp
        ? (value: unknown): boolean => typeof value === 'string' && each.test(value)
        : (value: unknown): boolean => each.includes(value as string);
  const accepted = Array.isArray(each) ? ` (${each.join(', ')})` : '';
  const item =
    typeof each === 'number' ? { maxLength: each } : each instanceof RegExp ? { pattern: each.source } : { enum: [...each] };
  return field(
    {
      code: 'LIST',
      zh: `须为至多 ${max} 项的列表，每项合格${accepted}。`,
      en: `must be a list of at most ${max} items, each of them valid${accepted}.`,
      test: (value) => Array.isArray(value) && value.length <= max && value.every(fits),
    },
    options,
    { type: 'array', maxItems: max, items: { type: 'string', ...item } },
  );
};

const mostCells = 100;

const isCells = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length <= mostCells &&
  Object.entries(value).every(
    ([header, cell]) =>
      header.length <= 200 &&
      (cell === null || Number.isSafeInteger(cell) || (typeof cell === 'string' && cell.length <= 32_767 && cell.isWellFormed())),
  );

/** A row of a sheet as it stands: cells by their headers. What they say is read, and refused, row by row. */
const rowWords = {
  zh: `须为表中的一行：以表头为键，至多 ${mostCells} 个单元格，值为文字、整数或空。`,
  en: `must be a row of a sheet: at most ${mostCells} cells by their headers, each text, a whole number or null.`,
};
const rowSchema = { type: 'object', additionalProperties: { type: ['string', 'integer', 'null'] } };

export const Cells = (options: FieldOptions = {}): PropertyDecorator =>
  field({ code: 'CELLS', ...rowWords, test: isCells }, options, rowSchema);

export const CellsList = (max: number, options: FieldOptions = {}): PropertyDecorator =>
  field(
    {
      code: 'ROWS',
      zh: `须为至多 ${max} 行，每行${rowWords.zh}`,
      en: `must be at most ${max} rows; each ${rowWords.en}`,
      test: (value) => Array.isArray(value) && value.length <= max && value.every(isCells),
    },
    options,
    { type: 'array', maxItems: max, items: rowSchema },
  );

/** A check of one field beside the others of its object. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it says of which class
export const Agrees = <T>(words: Bilingual & { readonly code: string }, test: (value: T) => boolean): PropertyDecorator => {
  const agrees: Rule = (value, object) => value === undefined || value === null || test(object as T);
  return decorate(
    rule(agrees),
    ValidateBy(
      {
        name: words.code,
        validator: { validate: (value, args) => agrees(value, args!.object), defaultMessage: () => words.code },
      },
      { context: { zh: words.zh, en: words.en } },
    ),
  );
};

// ── nested values ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Class<T extends object = object> = new () => T;

/** What a class says of its fields: nested classes and the checks themselves, by prototype and name. */
const nestedOf = new WeakMap<object, Map<string, Class>>();
const rulesOf = new WeakMap<object, Map<string, Rule[]>>();
type Rule = (value: unknown, object: object) => boolean;

const nest =
  (type: Class): PropertyDecorator =>
  (target, key) => {
    nestedOf.set(target, (nestedOf.get(target) ?? new Map<string, Class>()).set(String(key), type));
  };

function rule(check: Rule): PropertyDecorator {
  return (target, key) => {
    const rules = rulesOf.get(target) ?? new Map<string, Rule[]>();
    rulesOf.set(target, rules.set(String(key), [...(rules.get(String(key)) ?? []), check]));
  };
}

/** A class with what it inherits, put together once. */
interface Shape {
  readonly nested: readonly (readonly [string, Class])[];
  readonly names: ReadonlySet<string>;
  readonly rules: readonly { readonly name: string; readonly check: Rule }[];
}
const shapes = new WeakMap<Class, Shape>();

function shapeOf(type: Class): Shape {
  const known = shapes.get(type);
  if (known) return known;
  const nested: [string, Class][] = [];
  const names = new Set<string>();
  const rules: { name: string; check: Rule }[] = [];
  for (let proto = type.prototype as object | null; proto && proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) {
    nested.push(...(nestedOf.get(proto) ?? []));
    for (const [name, checks] of rulesOf.get(proto) ?? []) {
      names.add(name);
      for (const check of checks) rules.push({ name, check });
    }
  }
  const shape = { nested, names, rules };
  shapes.set(type, shape);
  return shape;
}

export const Nested = (type: Class, options: FieldOptions = {}): PropertyDecorator =>
  decorate(
    nest(type),
    ValidateNested(),
    field({ code: 'OBJECT', zh: '须为对象。', en: 'must be an object.', test: (value) => value instanceof type }, options, {
      type: () => type,
    }),
  );

export const NestedList = (type: Class, max: number, options: FieldOptions = {}): PropertyDecorator =>
  decorate(
    nest(type),
    ValidateNested({ each: true }),
    field(
      {
        code: 'OBJECTS',
        zh: `须为至多 ${max} 个对象的列表。`,
        en: `must be a list of at most ${max} objects.`,
        test: (value) => Array.isArray(value) && value.length <= max && value.every((item) => item instanceof type),
      },
      options,
      { type: () => type, isArray: true, maxItems: max },
    ),
  );

/** JSON as an instance of its class, nested ones too. What is no object stays as it is and fails its check. */
function instanceOf(type: Class, plain: unknown): unknown {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return plain;
  const made = Object.assign(new type(), plain) as Record<string, unknown>;
  for (const [key, inner] of shapeOf(type).nested) {
    const value = made[key];
    made[key] = Array.isArray(value) ? value.map((item) => instanceOf(inner, item)) : instanceOf(inner, value);
  }
  return made;
}

/**
 * The same checks that class-validator runs, without its bookkeeping: a tenth of a command's time otherwise.
 * False sends the value to class-validator, which alone words what is wrong and knows what is not ours.
 */
function isSound(type: Class, made: object): boolean {
  const { names, rules, nested } = shapeOf(type);
  const values = made as Readonly<Record<string, unknown>>;
  for (const key in values) if (!names.has(key)) return false;
  for (const { name, check } of rules) if (!check(values[name], made)) return false;
  for (const [key, inner] of nested) {
    const value = values[key];
    if (value === undefined || value === null) continue;
    const sound = Array.isArray(value) ? value.every((item: object) => isSound(inner, item)) : isSound(inner, value);
    if (!sound) return false;
  }
  return true;
}

/** Checks bodies and queries against their class; unknown fields are refused. Throws VALIDATION_FAILED with every field's error. */
export class FieldsPipe implements PipeTransform {
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if ((type !== 'body' && type !== 'query') || metatype === undefined || metatype === Object) return value;
    const made = instanceOf(metatype as Class, value ?? {});
    if (typeof made !== 'object' || made === null || Array.isArray(made)) {
      throw failed([{ field: '', code: 'OBJECT', zh: '请求体须为 JSON 对象。', en: 'the body must be a JSON object.' }]);
    }
    if (isSound(metatype as Class, made)) return made;
    const errors = validateSync(made, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
    if (errors.length > 0) throw failed(errors.flatMap((error) => fieldErrors(error, '')));
    return made;
  }
}

export const failed = (errors: readonly FieldError[]): Problem =>
  new Problem('VALIDATION_FAILED', { count: errors.length }, errors);

function fieldErrors(error: ValidationError, path: string): readonly FieldError[] {
  const at = path === '' ? error.property : `${path}.${error.property}`;
  const own = Object.keys(error.constraints ?? {}).flatMap((code): readonly FieldError[] => {
    if (code === 'whitelistValidation')
      return [{ field: at, code: 'UNKNOWN_FIELD', zh: '没有这个字段。', en: 'there is no such field.' }];
    if (code === 'nestedValidation') return [];
    if (error.value === undefined || error.value === null)
      return [{ field: at, code: 'REQUIRED', zh: '须填写。', en: 'is needed.' }];
    const { zh, en } = error.contexts![code] as Bilingual;
    return [{ field: at, code, zh, en }];
  });
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, at))];
}
