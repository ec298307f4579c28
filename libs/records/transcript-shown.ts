import { attemptKinds, resultCodes, type Result } from '../events/catalog/assessment.ts';
import { courseNatures, fiveGrades } from '../events/catalog/curriculum.ts';
import type { Bilingual, Language } from '../kernel/bilingual.ts';
import { formatHundredths } from '../kernel/score.ts';
import {
  entryStatuses,
  type CourseSaid,
  type Line,
  type ModuleProgress,
  type Transcript,
} from '../read-models/transcript-record.ts';
import { coded } from './shown.ts';

/** How transcripts read in responses and in sheets. Scores and credits are hundredths in JSON, points in sheets. */

// ── JSON ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const sides = { school: { zh: '学校', en: 'school' }, enterprise: { zh: '企业', en: 'enterprise' } } as const;

const courseShown = ({ courseId, code, name, version }: CourseSaid): object => ({ courseId, code, ...name, version });

export const resultShown = (result: Result | null): object | null =>
  result && { ...result, grade: coded(result.grade, fiveGrades), code: coded(result.code, resultCodes) };

const moduleShown = ({ module, earned, missing }: ModuleProgress): object => ({
  code: module.code,
  ...module.name,
  kind: module.kind,
  required: module.requiredCredits,
  earned,
  missing,
});

export function lineShown({ entry, course, nature, category, module, components, earned, weighed }: Line): object {
  return {
    attemptId: entry.attemptId,
    course: courseShown(course),
    credits: entry.credits,
    nature: coded(nature, courseNatures),
    category,
    module,
    academicYear: entry.academicYear,
    term: entry.term,
    kind: coded(entry.kind, attemptKinds),
    number: entry.number,
    follows: entry.follows,
    scheme: entry.schemeId === null ? null : { schemeId: entry.schemeId, version: entry.schemeVersion },
    status: coded(entry.status, entryStatuses),
    result: resultShown(entry.result),
    components: components.map(({ code, name, weight, score }) => ({ code, ...name, weight, score })),
    marks: entry.marks.map((mark) => ({ ...mark, side: coded(mark.side, sides) })),
    corrected: entry.corrected,
    appealUntil: entry.appealUntil,
    earned,
    weighed,
    source: entry.source,
  };
}

export function transcriptShown({ lines, credits, average, progress }: Transcript): object {
  return {
    attempts: lines.map(lineShown),
    credits: {
      earned: credits.earned,
      byNature: credits.byNature.map(({ nature, earned }) => ({ nature: coded(nature, courseNatures), earned })),
      byModule: credits.byModule,
    },
    average,
    progress: progress && {
      ...progress,
      modules: progress.modules.map(moduleShown),
      notPassed: progress.notPassed.map(({ module, nature, attempted, ...course }) => ({
        ...courseShown(course),
        module,
        nature: coded(nature, courseNatures),
        attempted,
      })),
    },
  };
}

// ── sheet ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whose line it is, in the words of a sheet. */
export interface SheetStudent {
  readonly studentNumber: string | null;
  readonly name: string;
  readonly programCode: string | null;
  readonly program: Bilingual | null;
  readonly className: string | null;
}

interface Told {
  readonly student: SheetStudent;
  readonly line: Line;
  readonly transcript: Transcript;
  readonly language: Language;
}

const points = (hundredths: number | null): string => (hundredths === null ? '' : formatHundredths(hundredths));
const word = (code: string | null, list: Readonly<Record<string, Bilingual>>, language: Language): string =>
  code === null ? '' : (list[code]?.[language] ?? code);
const yes = (is: boolean, language: Language): string => (is ? { zh: '是', en: 'yes' }[language] : '');

/** A sheet's columns in order: the academic-affairs system's own names where it has them (formats.md). */
const columns: readonly (readonly [Bilingual, (told: Told) => string, 'number'?])[] = [
  [{ zh: '学号', en: 'student number' }, ({ student }) => student.studentNumber ?? ''],
  [{ zh: '姓名', en: 'name' }, ({ student }) => student.name],
  [{ zh: '专业代码', en: 'program code' }, ({ student }) => student.programCode ?? ''],
  [{ zh: '专业名称', en: 'program' }, ({ student, language }) => student.program?.[language] ?? ''],
  [{ zh: '班级', en: 'class' }, ({ student }) => student.className ?? ''],
  [{ zh: '学年', en: 'academic year' }, ({ line }) => line.entry.academicYear],
  [{ zh: '学期', en: 'term' }, ({ line }) => line.entry.term],
  [{ zh: '课程代码', en: 'course code' }, ({ line }) => line.course.code],
  [{ zh: '课程名称', en: 'course' }, ({ line, language }) => line.course.name[language]],
  [{ zh: '课程性质', en: 'nature' }, ({ line, language }) => word(line.nature, courseNatures, language)],
  [{ zh: '课程类别', en: 'category' }, ({ line }) => line.category ?? ''],
  [
    { zh: '课程模块', en: 'module' },
    ({ line, transcript, language }) => {
      const module = transcript.progress?.modules.find((one) => one.module.code === line.module)?.module;
      return module?.name[language] ?? '';
    },
  ],
  [{ zh: '学分', en: 'credits' }, ({ line }) => points(line.entry.credits), 'number'],
  [{ zh: '考试性质', en: 'kind of attempt' }, ({ line, language }) => word(line.entry.kind, attemptKinds, language)],
  [{ zh: '次序', en: 'attempt' }, ({ line }) => String(line.entry.number), 'number'],
  [{ zh: '成绩', en: 'score' }, ({ line }) => points(line.entry.result?.score ?? null), 'number'],
  [{ zh: '等级', en: 'grade' }, ({ line, language }) => word(line.entry.result?.grade ?? null, fiveGrades, language)],
  [{ zh: '成绩标识', en: 'code' }, ({ line, language }) => word(line.entry.result?.code ?? null, resultCodes, language)],
  [{ zh: '是否通过', en: 'passed' }, ({ line, language }) => yes(line.entry.result?.passed ?? false, language)],
  [{ zh: '获得学分', en: 'credits earned' }, ({ line }) => (line.earned ? points(line.entry.credits) : ''), 'number'],
  [{ zh: '计入平均', en: 'in the average' }, ({ line, language }) => yes(line.weighed, language)],
  [{ zh: '状态', en: 'status' }, ({ line, language }) => word(line.entry.status, entryStatuses, language)],
  [{ zh: '封顶', en: 'capped' }, ({ line, language }) => yes(line.entry.result?.capped ?? false, language)],
  [{ zh: '更正', en: 'corrected' }, ({ line, language }) => yes(line.entry.corrected, language)],
  [{ zh: '来源', en: 'source' }, ({ line: { entry } }) => (entry.source ? `${entry.source.run}#${entry.source.row}` : '')],
];

export const transcriptHeader = (language: Language): readonly string[] => columns.map(([name]) => name[language]);

/** The header, with what reads as a number. */
export const transcriptColumns = (language: Language): readonly { readonly title: string; readonly kind?: 'number' }[] =>
  columns.map(([name, , kind]) => (kind ? { title: name[language], kind } : { title: name[language] }));

export const transcriptCells = (
  student: SheetStudent,
  transcript: Transcript,
  language: Language,
): readonly (readonly string[])[] =>
  transcript.lines.map((line) => columns.map(([, cell]) => cell({ student, line, transcript, language })));
