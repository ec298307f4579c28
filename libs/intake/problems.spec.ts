import { describe, expect, it } from '@jest/globals';
import { problemText, problemTexts } from './problems.ts';
import { fileErrorTexts } from '../kernel/file-errors.ts';

const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].toSorted();

describe('texts', () => {
  it.each(Object.entries({ ...problemTexts, ...fileErrorTexts }))('%s says the same facts in both languages', (_, { zh, en }) => {
    expect(placeholders(zh)).toEqual(placeholders(en));
    expect(zh).toMatch(/\p{Script=Han}/u);
    expect(en).not.toMatch(/\p{Script=Han}/u);
  });

  it('are filled from the facts, bilingual ones in the language of the text', () => {
    const problem = {
      code: 'SEX_DISAGREES_WITH_ID',
      column: '性别',
      field: 'sex',
      facts: { stated: { zh: '男', en: 'male' }, fromId: { zh: '女', en: 'female' } },
    } as const;
    expect(problemText(problem, 'zh')).toBe('性别填“男”，证件号码表示“女”。');
    expect(problemText(problem, 'en')).toBe('The sex is stated as male; the id number says female.');
    expect(
      problemText(
        { code: 'VALUE_NOT_IN_LIST', column: '性别*', field: 'sex', facts: { value: '中', accepted: ['男', '女'] } },
        'zh',
      ),
    ).toBe('“性别*”的“中”不在代码表中；可填：男, 女。');
  });
});
