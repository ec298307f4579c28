import { lengthsOfStudy, levels, type Level } from '../kernel/codes.ts';
import type { Bilingual } from '../kernel/bilingual.ts';
import { RecordReader, type Mapped } from './map-row.ts';
import type { SheetForm, TableRecord } from './table.ts';
import { parseCode, parseNumber, parseText } from './values.ts';

export type ProgramField = 'code' | 'name' | 'englishName' | 'level' | 'lengthOfStudy' | 'group';

/** The columns of the reference sheet of programs: formats.md, *Reference sheets*. */
export const programForm: SheetForm<ProgramField> = {
  fields: [
    { field: 'code', zh: ['专业代码'], code: 'ZYDM', en: ['program code'] },
    { field: 'name', zh: ['专业名称', '专业'], code: 'ZYMC', en: ['program'] },
    { field: 'englishName', zh: ['英文名称', '专业英文名称'], en: ['English name'] },
    { field: 'level', zh: ['层次', '培养层次'], code: 'CC', en: ['level'], list: levels },
    { field: 'lengthOfStudy', zh: ['学制'], code: 'XZ', en: ['years of study'], list: lengthsOfStudy },
    { field: 'group', zh: ['专业群'], en: ['program group'] },
  ],
  needed: [['code'], ['name'], ['level']],
};

/** A program as the reference sheet states it; key: code and level. */
export interface ProgramRow {
  /** Where it stands in the sheet, from 1. */
  readonly row: number;
  readonly code: string;
  readonly name: { readonly zh: string } & Partial<Pick<Bilingual, 'en'>>;
  readonly level: Level;
  readonly lengthOfStudyMonths?: number;
  readonly group?: string;
}

/** Reads one record of the programs sheet. Refuses with every problem of the row. */
export const mapProgramRow = (record: TableRecord<ProgramField>): Mapped<ProgramRow> => {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, programForm);
  const code = cell.readNeeded('code', (text) => parseNumber(text, 32));
  const zh = cell.readNeeded('name', (text) => parseText(text));
  const en = cell.read('englishName', (text) => parseText(text));
  const level = cell.readNeeded('level', (text) => parseCode(text, levels))?.code;
  const lengthOfStudyMonths = cell.read('lengthOfStudy', (text) => parseCode(text, lengthsOfStudy))?.months;
  const group = cell.read('group', (text) => parseText(text));

  if (cell.problems.length > 0 || !code || !zh || !level) return { ok: false, problems: cell.problems };
  const row: ProgramRow = {
    row: record.row,
    code,
    name: { zh, ...(en && { en }) },
    level,
    ...(lengthOfStudyMonths && { lengthOfStudyMonths }),
    ...(group && { group }),
  };
  return { ok: true, row, warnings: cell.warnings };
};
