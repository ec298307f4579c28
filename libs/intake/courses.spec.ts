import { describe, expect, it } from '@jest/globals';
import { courseForm, mapCourseRow } from './courses.ts';
import { recordsOf } from './sheets.fixture.ts';

const header = ['课程代码', '课程名称', 'English name', '学分', '学时', '课程性质', '课程类别', '模块', '资历等级'];

describe('mapCourseRow', () => {
  it('reads courses with and without what is not needed', async () => {
    const records = await recordsOf(courseForm, [
      header,
      ['DS101', '网店运营', 'Online Shop Operation', '3.5', '56', '必修课', '专业核心课', '平台课', '4'],
      ['0012', '岗位实习', '', '１２', '384.0', '实践环节', '', '', ''],
    ]);
    expect(records.map(mapCourseRow)).toEqual([
      {
        ok: true,
        warnings: [],
        row: {
          row: 2,
          code: 'DS101',
          name: { zh: '网店运营', en: 'Online Shop Operation' },
          credits: 350,
          hours: 56,
          nature: 'compulsory',
          category: '专业核心课',
          module: '平台课',
          frameworkLevel: 4,
        },
      },
      {
        ok: true,
        warnings: [],
        row: { row: 3, code: '0012', name: { zh: '岗位实习' }, credits: 1200, hours: 384, nature: 'practice' },
      },
    ]);
  });

  it('reports every problem of a row', async () => {
    const [record] = await recordsOf(courseForm, [header, ['', '网店', '', '3.555', '五十', '必选', '', '', '8']]);
    const mapped = record && mapCourseRow(record);
    expect(mapped?.ok === false && mapped.problems.map(({ field, code }) => `${field}: ${code}`)).toEqual([
      'code: VALUE_MISSING',
      'credits: DECIMAL_FORM',
      'hours: WHOLE_NUMBER_NEEDED',
      'nature: VALUE_NOT_IN_LIST',
      'frameworkLevel: NUMBER_OUT_OF_RANGE',
    ]);
  });
});
