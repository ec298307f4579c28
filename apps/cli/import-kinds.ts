import { batchSheets, type BatchSheet } from '../../libs/intake/batch-sheets.ts';
import { contractForm, mapContractRow } from '../../libs/intake/contracts.ts';
import { courseForm, mapCourseRow } from '../../libs/intake/courses.ts';
import { mapMentorRow, mentorForm } from '../../libs/intake/mentors.ts';
import { mapOrganizationRow, organizationForm } from '../../libs/intake/organizations.ts';
import { programForm, mapProgramRow } from '../../libs/intake/programs.ts';
import { resultForm, resultMapper } from '../../libs/intake/results.ts';
import { rosterForm, mapRosterRow } from '../../libs/intake/roster.ts';
import type { Problem } from '../../libs/intake/problems.ts';
import type { Bilingual } from '../../libs/kernel/bilingual.ts';
import { fieldNamed, type SheetForm, type TableRecord } from '../../libs/intake/table.ts';

export type Mapper = (
  record: TableRecord,
) => { ok: true; row: object; warnings: readonly Problem[] } | { ok: false; problems: readonly Problem[] };

interface Kind {
  readonly title: Bilingual;
  readonly form: SheetForm;
  /** One for each file: rows of results are counted as they come. */
  readonly mapper: () => Mapper;
  /** Where its rows go, below the run. */
  readonly path: string;
}

/** Its rows are read where they are carried out: what they say of a header or a word is the same there as here. */
const asSent = (title: Bilingual, { form }: BatchSheet): Kind => ({
  title,
  form,
  mapper:
    () =>
    ({ row, headers, values, problems, faults = [] }) =>
      problems.length + faults.length > 0
        ? { ok: false, problems: [...problems, ...faults] }
        : {
            ok: true,
            row: {
              row,
              cells: Object.fromEntries(Object.entries(values).map(([field, cell]) => [keyOf(form, headers, field), cell])),
            },
            warnings: [],
          },
  path: 'sheet-rows',
});

/** The sender's header, or our own name of the field where she said herself what her header means. */
const keyOf = (form: SheetForm, headers: TableRecord['headers'], field: string): string => {
  const header = headers[field];
  return header !== undefined && fieldNamed(form, header) === field ? header : field;
};

export const kinds = {
  registrations: asSent({ zh: '新生注册', en: 'Registrations' }, batchSheets.registrations),
  'annual-registrations': asSent({ zh: '学年注册', en: 'Annual registrations' }, batchSheets['annual-registrations']),
  'status-changes': asSent({ zh: '学籍异动', en: 'Status changes' }, batchSheets['status-changes']),
  'class-changes': asSent({ zh: '调班', en: 'Class changes' }, batchSheets['class-changes']),
  rechecks: asSent({ zh: '入学资格复查', en: 'Re-checks' }, batchSheets.rechecks),
  roster: { title: { zh: '学籍名册', en: 'Roster' }, form: rosterForm, mapper: () => mapRosterRow, path: 'roster-rows' },
  programs: { title: { zh: '专业', en: 'Programs' }, form: programForm, mapper: () => mapProgramRow, path: 'program-rows' },
  courses: { title: { zh: '课程', en: 'Courses' }, form: courseForm, mapper: () => mapCourseRow, path: 'course-rows' },
  organizations: {
    title: { zh: '单位', en: 'Organizations' },
    form: organizationForm,
    mapper: () => mapOrganizationRow,
    path: 'organization-rows',
  },
  mentors: { title: { zh: '教师和导师', en: 'Mentors' }, form: mentorForm, mapper: () => mapMentorRow, path: 'mentor-rows' },
  contracts: {
    title: { zh: '三方协议', en: 'Contracts' },
    form: contractForm,
    mapper: () => mapContractRow,
    path: 'contract-rows',
  },
  results: { title: { zh: '成绩', en: 'Results' }, form: resultForm, mapper: resultMapper, path: 'result-rows' },
} as const satisfies Readonly<Record<string, Kind>>;

export type ImportKind = keyof typeof kinds;

export const isImportKind = (kind: string | undefined): kind is ImportKind => kind !== undefined && Object.hasOwn(kinds, kind);
