import type { CodeList } from '../kernel/codes.ts';
import { RecordReader, type Mapped } from './map-row.ts';
import type { SheetForm, TableRecord } from './table.ts';
import { cleanText, isBlank, parseCode, parseName, parseNumber, parseText, type Parsed } from './values.ts';

/** Whose person a teacher or mentor is, and what sheets say for it. */
export const mentorSides = [
  { code: 'school', zh: '校内', en: 'school', accepts: ['学校', '校方', '校内导师', '学校导师', '校'] },
  { code: 'enterprise', zh: '企业', en: 'enterprise', accepts: ['校外', '企业方', '企业导师', '校外导师', '企'] },
] as const satisfies CodeList;
export type MentorSide = (typeof mentorSides)[number]['code'];

const yesOrNo = [
  { code: 'yes', zh: '是', en: 'yes', accepts: ['有', '√', 'y', '1', 'true', '双师', '双师型'] },
  { code: 'no', zh: '否', en: 'no', accepts: ['无', '×', 'x', 'n', '0', 'false', '非双师', '非双师型'] },
] as const satisfies CodeList;

export type MentorField =
  'staffNumber' | 'name' | 'side' | 'organization' | 'title' | 'post' | 'doubleQualified' | 'certificate' | 'phone';

/** The columns of the reference sheet of teachers and mentors: formats.md, *Reference sheets*. */
export const mentorForm: SheetForm<MentorField> = {
  fields: [
    { field: 'staffNumber', zh: ['工号', '教师工号', '职工号', '教工号'], code: 'GH', en: ['staff number'] },
    { field: 'name', zh: ['姓名', '导师姓名', '教师姓名'], code: 'XM', en: ['name'] },
    { field: 'side', zh: ['侧', '校内/企业', '导师类型'], en: ['side'], list: mentorSides },
    { field: 'organization', zh: ['单位', '所在单位', '单位名称', '企业'], en: ['organization'] },
    { field: 'title', zh: ['职称', '职称/岗位', '职称、岗位', '职称或岗位'], en: ['title', 'title / post'] },
    { field: 'post', zh: ['岗位', '职务'], en: ['post'] },
    { field: 'doubleQualified', zh: ['双师型', '是否双师型', '双师型教师'], en: ['double-qualified'], list: yesOrNo },
    { field: 'certificate', zh: ['证书', '双师型证书', '双师证书', '证书名称'], en: ['certificate'] },
    { field: 'phone', zh: ['联系电话', '电话', '手机'], en: ['phone'] },
  ],
  needed: [['staffNumber'], ['name'], ['side']],
};

/** A teacher or mentor as the reference sheet states her; key: organization and staff number. */
export interface MentorRow {
  /** Where it stands in the sheet, from 1. */
  readonly row: number;
  readonly staffNumber: string;
  readonly name: string;
  readonly side: MentorSide;
  /** Credit code or name; absent for the college's own staff. */
  readonly organization?: string;
  readonly title?: string;
  /** What makes her double-qualified; absent where she is not, or nothing is said. */
  readonly certificate?: string;
  readonly phone?: string;
}

/** Where the sheet says that she is and names no certificate. */
export const unnamedCertificate = '双师型（名册所载）';

interface Qualification {
  readonly qualified: boolean;
  readonly certificate?: string;
}

/** 是 or 否, and the certificate in the same cell where a sheet has no column for it. */
const parseQualification = (cell: string): Parsed<Qualification> => {
  const [, word = cell, rest = ''] = /^([是否]) ?[（(:：,，、;； ] ?(.*?)[)）]?$/.exec(cleanText(cell)) ?? [];
  const parsed = parseCode(word, yesOrNo);
  if (!parsed.ok) return parsed;
  const qualified = parsed.value.code === 'yes';
  if (isBlank(rest)) return { ok: true, value: { qualified } };
  const certificate = parseText(rest);
  return certificate.ok ? { ok: true, value: { qualified, certificate: certificate.value } } : certificate;
};

/** Reads one record of the sheet of teachers and mentors. Refuses with every problem of the row. Whether the organization exists is for the importer. */
export const mapMentorRow = (record: TableRecord<MentorField>): Mapped<MentorRow> => {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, mentorForm);
  const staffNumber = cell.readNeeded('staffNumber', (text) => parseNumber(text, 32));
  const name = cell.readNeeded('name', parseName);
  const side = cell.readNeeded('side', (text) => parseCode(text, mentorSides))?.code;
  const organization = cell.read('organization', (text) => parseText(text, 200));
  const title = cell.read('title', (text) => parseText(text));
  const post = cell.read('post', (text) => parseText(text));
  const qualification = cell.read('doubleQualified', parseQualification);
  const namedCertificate = cell.read('certificate', (text) => parseText(text)) ?? qualification?.certificate;
  const phone = cell.read('phone', (text) => parseNumber(text, 40));

  if (side === 'enterprise' && !cell.has('organization')) cell.refuse('organization', 'ORGANIZATION_MISSING');
  if (side === 'school' && organization) cell.warn('organization', 'UNIT_NOT_RECORDED', { unit: organization });
  if (qualification?.qualified === false && namedCertificate) {
    cell.refuse('doubleQualified', 'CERTIFICATE_WITHOUT_QUALIFICATION', { certificate: namedCertificate });
  }

  if (cell.problems.length > 0 || !staffNumber || !name || !side) return { ok: false, problems: cell.problems };
  const certificate = qualification?.qualified ? (namedCertificate ?? unnamedCertificate) : undefined;
  const titles = [title, post].filter(Boolean).join('、');
  const row: MentorRow = {
    row: record.row,
    staffNumber,
    name,
    side,
    ...(side === 'enterprise' && organization && { organization }),
    ...(titles && { title: titles }),
    ...(certificate && { certificate }),
    ...(phone && { phone }),
  };
  return { ok: true, row, warnings: cell.warnings };
};
