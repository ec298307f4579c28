import { idTypes, type IdType } from '../kernel/codes.ts';
import type { RecordReader } from './map-row.ts';
import type { Field } from './table.ts';
import { parseCode, parseIdNumber, parseName, parseNumber } from './values.ts';

/** Whom a row is about: by the number that the college issued, or by the number of her document. The name is checked against either. */
export type Whom =
  | { readonly studentNumber: string; readonly name: string }
  | { readonly idType: IdType; readonly idNumber: string; readonly name: string }
  /** As the ledger itself lists a class: there is no sheet whose name could be wrong. */
  | { readonly enrollmentId: string };

export const studentNumberField = {
  field: 'studentNumber',
  zh: ['学号'],
  code: 'XH',
  en: ['student number'],
} as const satisfies Field;
export const nameField = { field: 'name', zh: ['姓名', '学生姓名'], code: 'XM', en: ['name'] } as const satisfies Field;
export const idFields = [
  { field: 'idType', zh: ['身份证件类型', '证件类型'], en: ['id type'], list: idTypes },
  {
    field: 'idNumber',
    zh: ['身份证号', '身份证件号', '证件号码', '身份证号码', '身份证件号码'],
    code: 'SFZH',
    en: ['id number'],
  },
] as const satisfies readonly Field[];
export const noteField = { field: 'note', zh: ['备注', '说明'], code: 'BZ', en: ['note'] } as const satisfies Field;

type Identifying = 'name' | 'idType' | 'idNumber';

/** By her document, whether or not she has a student number. Undefined where the row does not say it rightly: the reader holds the problems. */
export function readById<F extends string>(cell: RecordReader<F | Identifying>): Whom | undefined {
  const name = cell.readNeeded('name', parseName);
  const idType =
    cell.read('idType', (text) => parseCode(text, idTypes))?.code ?? (cell.has('idType') ? undefined : 'resident-id');
  const id = idType && cell.readNeeded('idNumber', (text) => parseIdNumber(text, idType));
  return name && idType && id ? { idType, idNumber: id.number, name } : undefined;
}

export function readByNumber<F extends string>(cell: RecordReader<F | 'studentNumber' | 'name'>): Whom | undefined {
  const studentNumber = cell.readNeeded('studentNumber', (text) => parseNumber(text, 32));
  const name = cell.readNeeded('name', parseName);
  return studentNumber && name ? { studentNumber, name } : undefined;
}
