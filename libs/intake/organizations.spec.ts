import { describe, expect, it } from '@jest/globals';
import { mapOrganizationRow, organizationForm } from './organizations.ts';
import { recordsOf } from './sheets.fixture.ts';

const header = ['统一社会信用代码', '单位名称', '英文名称', '类型'];

describe('mapOrganizationRow', () => {
  it('reads organizations of every kind, the code whatever its case', async () => {
    const records = await recordsOf(organizationForm, [
      header,
      ['91330100799655058b', '江南电子商务有限公司', 'Jiangnan E-commerce', '企业'],
      ['91350100M000100Y43', '某行业协会', '', '协会'],
    ]);
    expect(records.map(mapOrganizationRow)).toEqual([
      {
        ok: true,
        warnings: [],
        row: {
          row: 2,
          creditCode: '91330100799655058B',
          name: { zh: '江南电子商务有限公司', en: 'Jiangnan E-commerce' },
          kind: 'enterprise',
        },
      },
      {
        ok: true,
        warnings: [],
        row: { row: 3, creditCode: '91350100M000100Y43', name: { zh: '某行业协会' }, kind: 'association' },
      },
    ]);
  });

  it.each([
    ['a wrong check character', '91330100799655058C'],
    ['a digit short', '9133010079965505B'],
    ['a letter that codes do not use', '91330100799655O58B'],
  ])('refuses %s', async (_what, code) => {
    const [record] = await recordsOf(organizationForm, [header, [code, '', '', '俱乐部']]);
    const mapped = record && mapOrganizationRow(record);
    expect(mapped?.ok === false && mapped.problems.map(({ field, code: of }) => `${field}: ${of}`)).toEqual([
      'creditCode: CREDIT_CODE_WRONG',
      'name: VALUE_MISSING',
      'kind: VALUE_NOT_IN_LIST',
    ]);
  });
});
