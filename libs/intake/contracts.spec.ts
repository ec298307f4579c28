import { describe, expect, it } from '@jest/globals';
import { terminationGrounds } from '../events/catalog/apprenticeship.ts';
import { contractForm, mapContractRow, terminationGroundWords } from './contracts.ts';
import { recordsOf } from './sheets.fixture.ts';

const header = contractForm.fields.map(({ zh }) => zh[0]);
const cells: Readonly<Record<string, string>> = {
  协议编号: 'XY-2025-001',
  学号: '202500001',
  姓名: '林晓雨',
  企业: '91330100799655058B',
  岗位: '运营助理',
  签订日期: '2025-06-20',
  开始日期: '2025.7.1',
  结束日期: '20260630',
  状态: '履行中',
};
const mapped = async (over: Readonly<Record<string, string>> = {}) => {
  const row = { ...cells, ...over };
  const [record] = await recordsOf(contractForm, [header, header.map((title) => row[title] ?? '')]);
  return mapContractRow(record!);
};
const problemsOf = async (over: Readonly<Record<string, string>>) => {
  const row = await mapped(over);
  return row.ok ? [] : row.problems.map(({ field, code }) => `${field}: ${code}`);
};

describe('mapContractRow', () => {
  it('reads a live contract, a completed one, and one that was terminated', async () => {
    expect(await mapped()).toEqual({
      ok: true,
      warnings: [],
      row: {
        row: 2,
        agreementNumber: 'XY-2025-001',
        studentNumber: '202500001',
        name: '林晓雨',
        organization: '91330100799655058B',
        post: '运营助理',
        signedOn: '2025-06-20',
        from: '2025-07-01',
        to: '2026-06-30',
        status: 'live',
      },
    });
    expect(
      await mapped({ 状态: '履行完毕', 校内导师工号: '00012', 企业导师工号: 'E01', 实习责任保险单号: 'PICC-1' }),
    ).toMatchObject({
      ok: true,
      row: { status: 'completed', schoolMentor: '00012', enterpriseMentor: 'E01', insurancePolicy: 'PICC-1' },
    });
    expect(await mapped({ 状态: '解除', 解除日期: '2025-10-01', 解除原因: '协商解除' })).toMatchObject({
      ok: true,
      warnings: [],
      row: { status: 'terminated', endedOn: '2025-10-01', endGround: 'mutual' },
    });
  });

  it('reads a guardian', async () => {
    expect(await mapped({ 监护人姓名: '林 父', 监护人签字日期: '2025-06-21' })).toMatchObject({
      ok: true,
      row: { guardianName: '林父', guardianSignedOn: '2025-06-21' },
    });
  });

  it('tells of a signature after the start, and of a reason in free words, which is recorded nowhere', async () => {
    const row = await mapped({ 签订日期: '2025-07-10', 状态: '已解除', 解除日期: '2025-09-01', 解除原因: '林晓雨因病休养' });
    expect(row).toMatchObject({ ok: true, row: { endGround: 'other' } });
    expect(row.ok && row.warnings.map(({ code }) => code)).toEqual(['GROUND_READ_AS_OTHER', 'SIGNED_AFTER_START']);
    expect(row.ok && JSON.stringify(row.row)).not.toContain('病');
  });

  it.each([
    [{ 结束日期: '2025-06-30' }, ['to: ENDS_BEFORE_START']],
    [{ 状态: '已解除' }, ['endedOn: CONTRACT_END_MISSING']],
    [{ 状态: '已解除', 解除日期: '2025-06-30' }, ['endedOn: ENDS_BEFORE_START']],
    [{ 解除日期: '2025-09-01' }, ['status: CONTRACT_NOT_ENDED']],
    [{ 监护人签字日期: '2025-06-21' }, ['guardianName: GUARDIAN_MISSING']],
    [{ 状态: '不详', 学号: '2.0261E+10' }, ['studentNumber: ID_DIGITS_LOST', 'status: VALUE_NOT_IN_LIST']],
    [{ 开始日期: '2025-07' }, ['from: DATE_NEEDS_DAY']],
    [{ 协议编号: '', 岗位: '' }, ['agreementNumber: VALUE_MISSING', 'post: VALUE_MISSING']],
  ])('refuses %j', async (over, problems) => {
    expect(await problemsOf(over as unknown as Record<string, string>)).toEqual(problems);
  });

  it('knows every ground of the ledger', () => {
    expect(terminationGroundWords.map(({ code }) => code)).toEqual(Object.keys(terminationGrounds));
  });
});
