import { describe, expect, it } from '@jest/globals';
import { defaultAssessmentPolicy } from '../facts/reference.ts';
import { transcriptOf, type Entry } from '../read-models/transcript-record.ts';
import { Printer } from './printer.ts';
import type { Sheet } from './transcript-page.ts';
import { printTranscript } from './transcript-pdf.ts';
import { codePointOf, hasGlyph, Paper } from './type.ts';

const course = (n: number) => ({
  version: 1,
  code: `EC${n}`,
  name: {
    zh: `电子商务综合实训与校企协同项目实践（第${n}部分）`,
    en: `Comprehensive practical training in e-commerce, part ${n}`,
  },
  credits: 200,
  hours: 32,
  nature: 'compulsory' as const,
  category: null,
  module: null,
  frameworkLevel: null,
});
const entry = (n: number): Entry => ({
  attemptId: `t${n}`,
  learnerId: 'l',
  enrollmentId: 'e',
  courseId: `c${n}`,
  courseVersion: 1,
  said: null,
  credits: 200,
  kind: n % 5 === 0 ? 'make-up' : 'first',
  number: 1,
  follows: null,
  schemeId: null,
  schemeVersion: null,
  academicYear: '2025-2026',
  term: `2025-2026-${(n % 2) + 1}`,
  classId: null,
  contractId: null,
  status: 'final',
  result: { score: 5000 + n * 37, grade: null, code: null, passed: true, capped: n % 7 === 0 },
  components: [],
  importedComponents: [],
  marks: [],
  corrected: n % 11 === 0,
  told: true,
  voided: null,
  appealUntil: null,
  source: null,
});

const sheet = (attempts: number, more: Partial<Sheet> = {}): Sheet => {
  const numbers = Array.from({ length: attempts }, (_, n) => n);
  const transcript = transcriptOf(numbers.map(entry), {
    courses: new Map(numbers.map((n) => [`c${n}`, [course(n)]])),
    schemes: new Map(),
    plan: null,
    policy: defaultAssessmentPolicy,
  });
  return {
    language: 'zh',
    institution: { zh: '江南职业技术学院', en: 'Jiangnan Vocational College' },
    name: '阿依古丽·买买提',
    sections: [
      {
        studentNumber: '2025010101',
        program: { zh: '电子商务', en: 'E-commerce' },
        level: { zh: '专科(高职)', en: 'junior college' },
        className: '电商2501',
        entryDate: '2025-09-01',
        lengthOfStudyMonths: 36,
        status: { zh: '在籍', en: 'registered' },
        transcript,
      },
    ],
    readAt: '2026-10-01T00:00:00.000Z',
    asOf: { recorded: '2026-10-01 08:00', effective: null },
    printed: { by: 'registrar-1', at: '2026-10-01 08:00' },
    fingerprint: 'a'.repeat(64),
    ...more,
  };
};

const pagesOf = (bytes: Buffer): number => bytes.toString('latin1').match(/\/Type \/Page\b(?!s)/g)?.length ?? 0;

describe('a printed transcript', () => {
  it('is the same, byte for byte, for the same content', async () => {
    const [once, again] = [await printTranscript(sheet(12)), await printTranscript(sheet(12))];
    expect(once.bytes.equals(again.bytes)).toBe(true);
    expect(once.bytes.subarray(0, 8).toString()).toBe('%PDF-1.7');
    const other = await printTranscript(sheet(12, { readAt: '2026-10-02T00:00:00.000Z' }));
    expect(once.bytes.equals(other.bytes)).toBe(false);
  });

  it.each(['zh', 'en'] as const)('takes as many pages as it needs in %s', async (language) => {
    const pages = async (attempts: number): Promise<number> =>
      pagesOf((await printTranscript(sheet(attempts, { language }))).bytes);
    expect(await pages(0)).toBe(1);
    expect(await pages(10)).toBe(1);
    expect(await pages(150)).toBeGreaterThan(1);
    const { sections } = sheet(3);
    expect(pagesOf((await printTranscript(sheet(0, { language, sections: [...sections, ...sections] }))).bytes)).toBe(2);
  });

  it('tells what its font lacks instead of leaving it blank', async () => {
    expect((await printTranscript(sheet(2))).missing).toEqual([]);
    expect((await printTranscript(sheet(2, { name: '𠮷野·𬭚' }))).missing).toEqual(['𠮷']);
    expect((await printTranscript(sheet(2, { name: null }))).missing).toEqual([]);
  });
});

describe('a printer', () => {
  it('sets in a thread of its own what is set here, whoever else waits', async () => {
    const printer = new Printer();
    const both = await Promise.all([printer.print(sheet(3)), printer.print(sheet(4, { name: '𠮷' }))]);
    expect(both[0].bytes.equals((await printTranscript(sheet(3))).bytes)).toBe(true);
    expect(both[1].missing).toEqual(['𠮷']);
    await expect(printer.print(sheet(1, { readAt: 'no moment' }))).rejects.toThrow('a sheet could not be set');
    expect((await printer.print(sheet(1))).missing).toEqual([]);
  });
});

describe('type', () => {
  it('knows which characters its font holds', () => {
    for (const char of '𬭚·陈éǕ①（）—…') expect([char, hasGlyph(char)]).toEqual([char, true]);
    for (const char of ['𠮷', 'ཀ', '🙂']) expect([char, hasGlyph(char)]).toEqual([char, false]);
    expect(codePointOf('𠮷')).toBe('U+20BB7');
  });

  it('breaks lines between Chinese characters and Latin words, and loses nothing', () => {
    const paper = new Paper({ title: '', author: '', createdAt: '2026-10-01T00:00:00.000Z', language: 'zh-CN' });
    const style = { size: 8 };
    const lines = paper.lines('Python 数据分析与可视化（校企双导师），综合实训', style, 70);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join('').replaceAll(' ', '')).toBe('Python数据分析与可视化（校企双导师），综合实训');
    for (const line of lines) expect(line).not.toMatch(/^[，）。]/);
    expect(paper.lines('Supercalifragilisticexpialidocious', style, 40).join('')).toBe('Supercalifragilisticexpialidocious');
    expect(paper.lines('', style, 40)).toEqual(['']);
    expect(paper.width('陈︀‍晓', style)).toBe(paper.width('陈晓', style));
  });
});
