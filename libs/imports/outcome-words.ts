import type { Bilingual } from '../kernel/bilingual.ts';

/** What became of the rows that were taken, in the words of each kind. */
const taken = {
  roster: {
    admitted: { zh: '已录取', en: 'admitted' },
    registered: { zh: '已注册', en: 'registered' },
    imported: { zh: '已导入既有学籍', en: 'students of before imported' },
  },
  programs: { published: { zh: '已发布专业', en: 'programs published' } },
  courses: {
    published: { zh: '已发布课程', en: 'courses published' },
    versioned: { zh: '课程新版本', en: 'new versions of courses' },
  },
  organizations: { registered: { zh: '已登记单位', en: 'organizations registered' } },
  mentors: {
    registered: { zh: '已登记教师和导师', en: 'teachers and mentors registered' },
    qualified: { zh: '已认定双师型', en: 'double qualifications granted' },
  },
  contracts: { imported: { zh: '已导入既有协议', en: 'contracts of before imported' } },
  results: { imported: { zh: '已导入既有成绩', en: 'results of before imported' } },
  registrations: { registered: { zh: '已注册', en: 'registered' } },
  'annual-registrations': { recorded: { zh: '已学年注册', en: 'registered for the year' } },
  'status-changes': { recorded: { zh: '已登记异动', en: 'status changes recorded' } },
  'class-changes': { recorded: { zh: '已调班', en: 'classes changed' } },
  rechecks: { recorded: { zh: '已登记复查合格', en: 're-checks recorded' } },
} as const satisfies Record<string, Record<string, Bilingual>>;

export type TakenKind = keyof typeof taken;

/** Which outcomes of a kind say that a row was taken. */
export const takenOutcomes = (kind: TakenKind): readonly string[] => Object.keys(taken[kind]);

/** What is told of rows, in the order in which it is told. */
export const outcomeWords = (kind: TakenKind): Readonly<Record<string, Bilingual>> => ({
  ...taken[kind],
  unchanged: { zh: '无变化', en: 'unchanged' },
  refused: { zh: '被拒', en: 'refused' },
});

/** Of a row that the import did not come to. */
export const notReached: Bilingual = { zh: '未处理', en: 'not reached' };
