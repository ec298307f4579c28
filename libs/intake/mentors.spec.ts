import { describe, expect, it } from '@jest/globals';
import { mapMentorRow, mentorForm } from './mentors.ts';
import { recordsOf } from './sheets.fixture.ts';

const header = ['工号', '姓名', '侧', '单位', '职称 / 岗位', '双师型', '证书', '联系电话'];
const mapped = async (...cells: readonly string[]) => {
  const [record] = await recordsOf(mentorForm, [header, cells]);
  return mapMentorRow(record!);
};
const problemsOf = async (...cells: readonly string[]) => {
  const row = await mapped(...cells);
  return row.ok ? [] : row.problems.map(({ field, code }) => `${field}: ${code}`);
};

describe('mapMentorRow', () => {
  it('reads mentors of an enterprise, with the organization by code or name', async () => {
    expect(await mapped('E01', '周 强', '企业', '江南电子商务有限公司', '运营主管', '否', '', '13900000001')).toEqual({
      ok: true,
      warnings: [],
      row: {
        row: 2,
        staffNumber: 'E01',
        name: '周强',
        side: 'enterprise',
        organization: '江南电子商务有限公司',
        title: '运营主管',
        phone: '13900000001',
      },
    });
  });

  it('reads the college’s own staff without a unit, and tells where a sheet names one', async () => {
    expect(await mapped('00012', '赵敏', '校内', '', '副教授', '是', '高级电子商务师', '')).toEqual({
      ok: true,
      warnings: [],
      row: { row: 2, staffNumber: '00012', name: '赵敏', side: 'school', title: '副教授', certificate: '高级电子商务师' },
    });
    const named = await mapped('00012', '赵敏', '校内', '商学院', '', '', '', '');
    expect(named).toMatchObject({ ok: true, row: { side: 'school' }, warnings: [{ code: 'UNIT_NOT_RECORDED' }] });
    expect(named.ok && 'organization' in named.row).toBe(false);
  });

  it.each([
    ['是', '', '双师型（名册所载）'],
    ['是（高级物流师）', '', '高级物流师'],
    ['是：高级物流师', '', '高级物流师'],
    ['是', '高级物流师', '高级物流师'],
    ['否', '', undefined],
    ['', '', undefined],
  ])('reads %j with certificate %j as %j', async (qualified, certificate, read) => {
    const row = await mapped('1', '赵敏', '校内', '', '', qualified, certificate, '');
    expect(row.ok && row.row.certificate).toBe(read);
  });

  it('reports every problem of a row', async () => {
    expect(await problemsOf('', '—', '两边', '', '', '也许', '', '電話')).toEqual([
      'staffNumber: VALUE_MISSING',
      'name: NAME_INVALID',
      'side: VALUE_NOT_IN_LIST',
      'doubleQualified: VALUE_NOT_IN_LIST',
    ]);
    expect(await problemsOf('E1', '周强', '企业', '', '', '否', '物流师', '')).toEqual([
      'organization: ORGANIZATION_MISSING',
      'doubleQualified: CERTIFICATE_WITHOUT_QUALIFICATION',
    ]);
  });
});
