import { describe, expect, it } from '@jest/globals';
import {
  ethnicGroups,
  idTypes,
  intakes,
  lengthsOfStudy,
  levels,
  lookup,
  politicalStatuses,
  rosterStatuses,
  sexes,
  studyForms,
  type CodeList,
} from './codes.ts';

const lists: Record<string, CodeList> = {
  sexes,
  idTypes,
  levels,
  studyForms,
  intakes,
  politicalStatuses,
  ethnicGroups,
  rosterStatuses,
  lengthsOfStudy,
};

describe('code lists', () => {
  it.each(Object.entries(lists))('%s: every word of an entry finds that entry and no other', (_, list) => {
    const owner = new Map<string, string>();
    for (const entry of list) {
      for (const word of [entry.code, entry.zh, entry.en, ...(entry.accepts ?? [])]) {
        expect([word, lookup(list, word)?.code]).toEqual([word, entry.code]);
        expect(owner.get(word) ?? entry.code).toBe(entry.code);
        owner.set(word, entry.code);
      }
    }
    expect(new Set(list.map((entry) => entry.code)).size).toBe(list.length);
    expect(new Set(list.map((entry) => entry.zh)).size).toBe(list.length);
  });

  it('tolerates spaces, full-width forms and case', () => {
    expect(lookup(levels, ' 专科（高职） ')?.code).toBe('junior-college');
    expect(lookup(sexes, '　Ｍ')?.code).toBe('male');
    expect(lookup(sexes, 'Female')?.code).toBe('female');
    expect(lookup(politicalStatuses, '共 青 团 员')?.code).toBe('03');
    expect(lookup(intakes, '３＋２')?.code).toBe('special');
    expect(lookup(studyForms, 'FULL TIME')?.code).toBe('full-time');
  });

  it('finds nothing for what is not in a list', () => {
    for (const text of ['', '  ', '族', '火星族', '99', 'constructor', '__proto__'])
      expect(lookup(ethnicGroups, text)).toBeUndefined();
  });

  it('knows an ethnic group by name, short name, number, lost zero and letters', () => {
    for (const text of ['汉', '汉族', '01', '1', 'HA', 'ha', 'Han']) expect(lookup(ethnicGroups, text)?.code).toBe('01');
    expect(lookup(ethnicGroups, '维吾尔')?.en).toBe('Uygur');
    expect(ethnicGroups.map((group) => group.code)).toEqual([
      ...Array.from({ length: 56 }, (_, i) => String(i + 1).padStart(2, '0')),
      '97',
      '98',
    ]);
  });

  it('does not take a lost zero for a year or for a sex', () => {
    expect(lookup(sexes, '01')).toBeUndefined();
    expect(lookup(lengthsOfStudy, '03')).toBeUndefined();
  });

  it('counts lengths of study in whole months', () => {
    for (const length of lengthsOfStudy) {
      expect(length.months).toBe(Number(length.code) * 12);
      expect(Number.isInteger(length.months)).toBe(true);
    }
    expect(lookup(lengthsOfStudy, '三年制')?.months).toBe(36);
    expect(lookup(lengthsOfStudy, '２.5年')?.months).toBe(30);
    expect(lookup(lengthsOfStudy, '1')).toBeUndefined();
  });

  it('maps every student status of a roster', () => {
    const said = [
      '注册学籍',
      '在籍',
      '在读',
      '休学',
      '保留学籍',
      '保留入学资格',
      '退学',
      '转学',
      '转学（转出）',
      '开除',
      '死亡',
      '毕业',
      '结业',
      '肄业',
    ];
    expect(said.map((text) => lookup(rosterStatuses, text)?.code)).toEqual([
      'registered',
      'registered',
      'registered',
      'suspended',
      'status-retained',
      'place-retained',
      'withdrawn',
      'transferred-out',
      'transferred-out',
      'expelled',
      'deceased',
      'graduated',
      'completed',
      'incomplete',
    ]);
    expect(lookup(rosterStatuses, '留级')).toBeUndefined();
  });
});
