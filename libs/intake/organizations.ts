import type { Bilingual } from '../kernel/bilingual.ts';
import type { CodeList } from '../kernel/codes.ts';
import { RecordReader, type Mapped } from './map-row.ts';
import type { SheetForm, TableRecord } from './table.ts';
import { parseCode, parseCreditCode, parseText } from './values.ts';

/** Kinds of organizations and what sheets say for them. */
export const organizationKinds = [
  { code: 'school', zh: '学校', en: 'school', accepts: ['院校', '高校', '职业院校', '教育机构'] },
  { code: 'enterprise', zh: '企业', en: 'enterprise', accepts: ['公司', '企业单位', 'company'] },
  { code: 'government', zh: '政府', en: 'government', accepts: ['政府部门', '政府机关', '机关', '机关单位'] },
  { code: 'association', zh: '行业协会', en: 'association', accepts: ['协会', '行业组织', '社会团体', '学会'] },
] as const satisfies CodeList;
export type OrganizationKind = (typeof organizationKinds)[number]['code'];

export type OrganizationField = 'creditCode' | 'name' | 'englishName' | 'kind';

/** The columns of the reference sheet of organizations: formats.md, *Reference sheets*. */
export const organizationForm: SheetForm<OrganizationField> = {
  fields: [
    {
      field: 'creditCode',
      zh: ['统一社会信用代码', '社会信用代码', '信用代码'],
      en: ['credit code', 'unified social credit code'],
    },
    { field: 'name', zh: ['单位名称', '名称', '企业名称'], en: ['organization', 'name'] },
    { field: 'englishName', zh: ['英文名称', '单位英文名称'], en: ['English name'] },
    { field: 'kind', zh: ['类型', '单位类型'], en: ['kind', 'type'], list: organizationKinds },
  ],
  needed: [['creditCode'], ['name'], ['kind']],
};

/** An organization as the reference sheet states it; key: the credit code. */
export interface OrganizationRow {
  /** Where it stands in the sheet, from 1. */
  readonly row: number;
  readonly creditCode: string;
  readonly name: { readonly zh: string } & Partial<Pick<Bilingual, 'en'>>;
  readonly kind: OrganizationKind;
}

/** Reads one record of the organizations sheet. Refuses with every problem of the row. */
export const mapOrganizationRow = (record: TableRecord<OrganizationField>): Mapped<OrganizationRow> => {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, organizationForm);
  const creditCode = cell.readNeeded('creditCode', parseCreditCode);
  const zh = cell.readNeeded('name', (text) => parseText(text, 200));
  const en = cell.read('englishName', (text) => parseText(text, 200));
  const kind = cell.readNeeded('kind', (text) => parseCode(text, organizationKinds))?.code;

  if (cell.problems.length > 0 || !creditCode || !zh || !kind) return { ok: false, problems: cell.problems };
  return { ok: true, row: { row: record.row, creditCode, name: { zh, ...(en && { en }) }, kind }, warnings: cell.warnings };
};
