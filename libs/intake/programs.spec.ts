import { describe, expect, it } from '@jest/globals';
import { mapProgramRow, programForm } from './programs.ts';
import { recordsOf } from './sheets.fixture.ts';

const header = ['专业代码', '专业名称', 'English name', '层次', '学制', '专业群'];

describe('mapProgramRow', () => {
  it('reads programs with and without what is not needed', async () => {
    const records = await recordsOf(programForm, [
      header,
      ['530701', '电子商务', 'E-commerce', '高职', '3', '数字商贸'],
      ['530704.0', '移动商务', '', '专科', '', ''],
    ]);
    expect(records.map(mapProgramRow)).toEqual([
      {
        ok: true,
        warnings: [],
        row: {
          row: 2,
          code: '530701',
          name: { zh: '电子商务', en: 'E-commerce' },
          level: 'junior-college',
          lengthOfStudyMonths: 36,
          group: '数字商贸',
        },
      },
      { ok: true, warnings: [], row: { row: 3, code: '530704', name: { zh: '移动商务' }, level: 'junior-college' } },
    ]);
  });

  it('reports every problem of a row', async () => {
    const [record] = await recordsOf(programForm, [header, ['', '电子\u0001商务', '', '初中', '10', '']]);
    const mapped = record && mapProgramRow(record);
    expect(mapped?.ok === false && mapped.problems.map(({ field, code }) => `${field}: ${code}`)).toEqual([
      'code: VALUE_MISSING',
      'name: CONTROL_CHARACTER',
      'level: VALUE_NOT_IN_LIST',
      'lengthOfStudy: VALUE_NOT_IN_LIST',
    ]);
  });

  it('refuses a shifted row as such', async () => {
    const [record] = await recordsOf(programForm, [header, ['530701', '电子', '商务', 'E-commerce', '高职', '3', '数字商贸']]);
    const mapped = record && mapProgramRow(record);
    expect(mapped?.ok === false && mapped.problems.map(({ code }) => code)).toEqual(['COLUMNS_SHIFTED']);
  });
});
