import { batchSheets, type BatchKind } from '../../libs/intake/batch-sheets.ts';
import { cellsOf, importForms, type ImportForm, type ImportFormKind } from '../../libs/intake/import-kinds.ts';
import type { Bilingual } from '../../libs/kernel/bilingual.ts';

interface Kind extends ImportForm {
  readonly title: Bilingual;
  /** Where its rows go, below the run. */
  readonly path: string;
}

/**
 * Its rows are read where they are carried out, by what their cells say. What only the workbook says of a cell (that it is a date, or in error)
 * is looked at here, and a row that cannot be read is not sent.
 */
const asSent = (title: Bilingual, kind: BatchKind): Kind => {
  const { form } = importForms[kind];
  return {
    title,
    form,
    mapper: () => (record) => {
      const mapped = batchSheets[kind].map(record);
      // What there is to look at comes with the answer.
      return mapped.ok
        ? { ok: true, row: { row: record.row, cells: cellsOf(form, record) } as { row: number }, warnings: [] }
        : mapped;
    },
    path: 'sheet-rows',
  };
};

export const kinds = {
  registrations: asSent({ zh: '新生注册', en: 'Registrations' }, 'registrations'),
  'annual-registrations': asSent({ zh: '学年注册', en: 'Annual registrations' }, 'annual-registrations'),
  'status-changes': asSent({ zh: '学籍异动', en: 'Status changes' }, 'status-changes'),
  'class-changes': asSent({ zh: '调班', en: 'Class changes' }, 'class-changes'),
  rechecks: asSent({ zh: '入学资格复查', en: 'Re-checks' }, 'rechecks'),
  roster: { ...importForms.roster, title: { zh: '学籍名册', en: 'Roster' }, path: 'roster-rows' },
  programs: { ...importForms.programs, title: { zh: '专业', en: 'Programs' }, path: 'program-rows' },
  courses: { ...importForms.courses, title: { zh: '课程', en: 'Courses' }, path: 'course-rows' },
  organizations: { ...importForms.organizations, title: { zh: '单位', en: 'Organizations' }, path: 'organization-rows' },
  mentors: { ...importForms.mentors, title: { zh: '教师和导师', en: 'Mentors' }, path: 'mentor-rows' },
  contracts: { ...importForms.contracts, title: { zh: '三方协议', en: 'Contracts' }, path: 'contract-rows' },
  results: { ...importForms.results, title: { zh: '成绩', en: 'Results' }, path: 'result-rows' },
} as const satisfies Readonly<Record<ImportFormKind, Kind>>;

export type ImportKind = keyof typeof kinds;

export const isImportKind = (kind: string | undefined): kind is ImportKind => kind !== undefined && Object.hasOwn(kinds, kind);
