import type { Bilingual } from '../kernel/bilingual.ts';
import type { CodeList } from '../kernel/codes.ts';
import { RecordReader, type Mapped } from './map-row.ts';
import type { SheetForm, TableRecord } from './table.ts';
import { parseCode, parseHundredths, parseNumber, parseText, parseWhole } from './values.ts';

/** Natures of a course (课程性质) and what sheets say for them. */
export const courseNatureWords = [
  {
    code: 'compulsory',
    zh: '必修',
    en: 'compulsory',
    accepts: ['必修课', '公共必修', '公共必修课', '专业必修', '专业必修课', '公共基础课', '专业基础课', '专业核心课'],
  },
  {
    code: 'elective',
    zh: '选修',
    en: 'elective',
    accepts: ['选修课', '限选', '限选课', '任选', '任选课', '公选', '公选课', '公共选修', '公共选修课', '专业选修', '专业选修课'],
  },
  {
    code: 'practice',
    zh: '实践',
    en: 'practice',
    accepts: ['实践课', '实践环节', '实践教学', '集中实践', '实训', '实训课', 'practical'],
  },
] as const satisfies CodeList;
export type CourseNature = (typeof courseNatureWords)[number]['code'];

export type CourseField =
  'code' | 'name' | 'englishName' | 'credits' | 'hours' | 'nature' | 'category' | 'module' | 'frameworkLevel';

/** The columns of the reference sheet of courses: formats.md, *Reference sheets*. */
export const courseForm: SheetForm<CourseField> = {
  fields: [
    { field: 'code', zh: ['课程代码', '课程编号', '课程号'], code: 'KCDM', en: ['course code'] },
    { field: 'name', zh: ['课程名称', '课程'], code: 'KCMC', en: ['course'] },
    { field: 'englishName', zh: ['英文名称', '课程英文名称'], en: ['English name'] },
    { field: 'credits', zh: ['学分'], code: 'XF', en: ['credits'] },
    { field: 'hours', zh: ['学时', '总学时'], code: 'XS', en: ['hours'] },
    { field: 'nature', zh: ['课程性质'], code: 'KCXZ', en: ['nature'], list: courseNatureWords },
    { field: 'category', zh: ['课程类别'], code: 'KCLB', en: ['category'] },
    { field: 'module', zh: ['模块', '课程模块'], en: ['module'] },
    { field: 'frameworkLevel', zh: ['资历等级'], en: ['framework level'] },
  ],
  needed: [['code'], ['name'], ['credits'], ['hours'], ['nature']],
};

/** A course as the reference sheet states it; key: code. */
export interface CourseRow {
  /** Where it stands in the sheet, from 1. */
  readonly row: number;
  readonly code: string;
  readonly name: { readonly zh: string } & Partial<Pick<Bilingual, 'en'>>;
  /** Hundredths. */
  readonly credits: number;
  readonly hours: number;
  readonly nature: CourseNature;
  readonly category?: string;
  readonly module?: string;
  readonly frameworkLevel?: number;
}

/** Reads one record of the courses sheet. Refuses with every problem of the row. */
export const mapCourseRow = (record: TableRecord<CourseField>): Mapped<CourseRow> => {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, courseForm);
  const code = cell.readNeeded('code', (text) => parseNumber(text, 32));
  const zh = cell.readNeeded('name', (text) => parseText(text));
  const en = cell.read('englishName', (text) => parseText(text));
  const credits = cell.readNeeded('credits', (text) => parseHundredths(text, 100));
  const hours = cell.readNeeded('hours', (text) => parseWhole(text, 0, 10_000));
  const nature = cell.readNeeded('nature', (text) => parseCode(text, courseNatureWords))?.code;
  const category = cell.read('category', (text) => parseText(text));
  const module = cell.read('module', (text) => parseText(text));
  const frameworkLevel = cell.read('frameworkLevel', (text) => parseWhole(text, 1, 7));

  if (cell.problems.length > 0 || !code || !zh || credits === undefined || hours === undefined || !nature) {
    return { ok: false, problems: cell.problems };
  }
  const row: CourseRow = {
    row: record.row,
    code,
    name: { zh, ...(en && { en }) },
    credits,
    hours,
    nature,
    ...(category && { category }),
    ...(module && { module }),
    ...(frameworkLevel && { frameworkLevel }),
  };
  return { ok: true, row, warnings: cell.warnings };
};
