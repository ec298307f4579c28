import { hash } from 'node:crypto';

/** JSON with its keys in order, so that what says the same reads the same. */
export const canonical = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const record = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of Object.keys(record).toSorted()) {
    const inner = record[key];
    if (inner !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(inner)}`;
  }
  return `{${text}}`;
};

/** SHA-256 of the canonical JSON, in hexadecimal: anybody who holds the value can compute it again. */
export const digestOf = (value: unknown): string => hash('sha256', canonical(value), 'hex');

/** SHA-256 of a text after its salt, in hexadecimal: who does not know the salt cannot try texts until one fits. */
export const saltedDigest = (salt: string, text: string): string => hash('sha256', `${salt}${text}`, 'hex');
