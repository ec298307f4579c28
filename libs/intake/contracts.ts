import type { CodeList } from '../kernel/codes.ts';
import { RecordReader, type Mapped } from './map-row.ts';
import type { SheetForm, TableRecord } from './table.ts';
import { cleanText, parseCode, parseName, parseNumber, parseText } from './values.ts';

/** States of a contract of before (三方协议) and what sheets say for them. */
export const contractStatuses = [
  { code: 'live', zh: '履行中', en: 'live', accepts: ['在履行', '履行', '生效', '有效', '进行中', '实习中'] },
  { code: 'completed', zh: '已完成', en: 'completed', accepts: ['完成', '履行完毕', '已履行完毕', '期满', '已到期'] },
  { code: 'terminated', zh: '已解除', en: 'terminated', accepts: ['解除', '提前解除', '已终止', '终止'] },
] as const satisfies CodeList;
export type ContractStatus = (typeof contractStatuses)[number]['code'];

/** Grounds of an early termination and what sheets say for them. */
export const terminationGroundWords = [
  { code: 'probation', zh: '试用期内解除', en: 'within probation', accepts: ['试用期', '试用不合格', '试用期不合格'] },
  { code: 'important-cause', zh: '重大事由', en: 'important cause', accepts: ['重大事由解除', '严重违纪', '不可抗力'] },
  {
    code: 'apprentice-leaves',
    zh: '学徒提出',
    en: 'apprentice leaves',
    accepts: ['学生提出', '本人提出', '学徒离职', '本人申请', '个人原因'],
  },
  { code: 'enterprise-ends', zh: '企业提出', en: 'enterprise ends it', accepts: ['企业解除', '单位提出', '企业原因'] },
  { code: 'mutual', zh: '协商一致', en: 'mutual consent', accepts: ['协商解除', '双方协商', '三方协商', '协商一致解除'] },
  { code: 'status-lost', zh: '学籍终止', en: 'student status lost', accepts: ['退学', '开除', '转学', '学籍异动'] },
  {
    code: 'transfer',
    zh: '转至其他企业',
    en: 'transfer to another enterprise',
    accepts: ['转企业', '更换企业', '换岗至其他企业'],
  },
  { code: 'other', zh: '其他', en: 'other', accepts: ['其它', '其他原因'] },
] as const satisfies CodeList;
export type EndGround = (typeof terminationGroundWords)[number]['code'];

export type ContractField =
  | 'agreementNumber'
  | 'studentNumber'
  | 'name'
  | 'organization'
  | 'post'
  | 'signedOn'
  | 'from'
  | 'to'
  | 'schoolMentor'
  | 'enterpriseMentor'
  | 'guardianName'
  | 'guardianSignedOn'
  | 'insurancePolicy'
  | 'status'
  | 'endedOn'
  | 'endGround';

/** The columns of the reference sheet of contracts: formats.md, *Reference sheets*. */
export const contractForm: SheetForm<ContractField> = {
  fields: [
    { field: 'agreementNumber', zh: ['协议编号', '协议号', '合同编号'], en: ['agreement number'] },
    { field: 'studentNumber', zh: ['学号'], code: 'XH', en: ['student number'] },
    { field: 'name', zh: ['姓名', '学生姓名'], code: 'XM', en: ['name'] },
    { field: 'organization', zh: ['企业', '企业名称', '实习单位', '单位'], en: ['enterprise'] },
    { field: 'post', zh: ['岗位', '实习岗位', '学徒岗位'], en: ['post'] },
    { field: 'signedOn', zh: ['签订日期', '签署日期'], en: ['signed on'], dates: 'day' },
    { field: 'from', zh: ['开始日期', '起始日期'], en: ['start date'], dates: 'day' },
    { field: 'to', zh: ['结束日期', '终止日期'], en: ['end date'], dates: 'day' },
    { field: 'schoolMentor', zh: ['校内导师工号'], en: ['school mentor', 'school mentor number'] },
    { field: 'enterpriseMentor', zh: ['企业导师工号'], en: ['enterprise mentor', 'enterprise mentor number'] },
    { field: 'guardianName', zh: ['监护人姓名', '监护人'], en: ['guardian'] },
    { field: 'guardianSignedOn', zh: ['监护人签字日期', '监护人签订日期'], en: ['guardian signed on'], dates: 'day' },
    { field: 'insurancePolicy', zh: ['实习责任保险单号', '保险单号'], en: ['insurance policy'] },
    { field: 'status', zh: ['状态', '协议状态'], en: ['status'], list: contractStatuses },
    { field: 'endedOn', zh: ['解除日期'], en: ['ended on'], dates: 'day' },
    { field: 'endGround', zh: ['解除原因'], en: ['end ground'], list: terminationGroundWords },
  ],
  needed: [
    ['agreementNumber'],
    ['studentNumber'],
    ['name'],
    ['organization'],
    ['post'],
    ['signedOn'],
    ['from'],
    ['to'],
    ['status'],
  ],
};

/** A contract of before the ledger as the sheet states it; key: organization and agreement number. Dates are YYYY-MM-DD. */
export interface ContractRow {
  /** Where it stands in the sheet, from 1. */
  readonly row: number;
  readonly agreementNumber: string;
  readonly studentNumber: string;
  readonly name: string;
  /** Credit code or name. */
  readonly organization: string;
  readonly post: string;
  readonly signedOn: string;
  readonly from: string;
  readonly to: string;
  /** Staff numbers (工号). */
  readonly schoolMentor?: string;
  readonly enterpriseMentor?: string;
  readonly guardianName?: string;
  readonly guardianSignedOn?: string;
  readonly insurancePolicy?: string;
  readonly status: ContractStatus;
  readonly endedOn?: string;
  readonly endGround?: EndGround;
}

const aDay = { month: false };
const aNumber = (cell: string) => parseNumber(cell, 64);
const aStaffNumber = (cell: string) => parseNumber(cell, 32);

/** Reads one record of the contracts sheet. Refuses with every problem of the row. Who and what it names is for the importer to find. */
export const mapContractRow = (record: TableRecord<ContractField>): Mapped<ContractRow> => {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, contractForm);
  const agreementNumber = cell.readNeeded('agreementNumber', aNumber);
  const studentNumber = cell.readNeeded('studentNumber', aStaffNumber);
  const name = cell.readNeeded('name', parseName);
  const organization = cell.readNeeded('organization', (text) => parseText(text, 200));
  const post = cell.readNeeded('post', (text) => parseText(text));
  const signedOn = cell.readNeededDate('signedOn', aDay);
  const from = cell.readNeededDate('from', aDay);
  const to = cell.readNeededDate('to', aDay);
  const schoolMentor = cell.read('schoolMentor', aStaffNumber);
  const enterpriseMentor = cell.read('enterpriseMentor', aStaffNumber);
  const guardianName = cell.read('guardianName', parseName);
  const guardianSignedOn = cell.readDate('guardianSignedOn', aDay);
  const insurancePolicy = cell.read('insurancePolicy', aNumber);
  const status = cell.readNeeded('status', (text) => parseCode(text, contractStatuses))?.code;
  const endedOn = cell.readDate('endedOn', aDay);
  const endGround = groundOf(cell, record.values.endGround);

  if (from && to && to < from) cell.refuse('to', 'ENDS_BEFORE_START', { from, to });
  if (from && signedOn && signedOn > from) cell.warn('signedOn', 'SIGNED_AFTER_START', { signedOn, from });
  if (guardianSignedOn && !cell.has('guardianName')) cell.refuse('guardianName', 'GUARDIAN_MISSING');
  if (status === 'terminated' && !cell.has('endedOn')) cell.refuse('endedOn', 'CONTRACT_END_MISSING');
  if (status && status !== 'terminated' && (cell.has('endedOn') || cell.has('endGround'))) {
    cell.refuse('status', 'CONTRACT_NOT_ENDED', { status: contractStatuses.find(({ code }) => code === status) });
  }
  if (endedOn && from && endedOn < from) cell.refuse('endedOn', 'ENDS_BEFORE_START', { from, to: endedOn });

  const { problems, warnings } = cell;
  if (problems.length > 0 || !agreementNumber || !studentNumber || !name || !organization || !post)
    return { ok: false, problems };
  if (!signedOn || !from || !to || !status) return { ok: false, problems };
  const row: ContractRow = {
    row: record.row,
    agreementNumber,
    studentNumber,
    name,
    organization,
    post,
    signedOn,
    from,
    to,
    ...(schoolMentor && { schoolMentor }),
    ...(enterpriseMentor && { enterpriseMentor }),
    ...(guardianName && { guardianName }),
    ...(guardianSignedOn && { guardianSignedOn }),
    ...(insurancePolicy && { insurancePolicy }),
    status,
    ...(endedOn && { endedOn }),
    ...(endGround && { endGround }),
  };
  return { ok: true, row, warnings };
};

/** Sheets give reasons in free words, which may tell of a person and stand in no public field: what is not on the list is `other`. */
const groundOf = (cell: RecordReader<ContractField>, text: string | undefined): EndGround | undefined => {
  if (text === undefined) return undefined;
  const listed = parseCode(text, terminationGroundWords);
  if (listed.ok) return listed.value.code;
  cell.warn('endGround', 'GROUND_READ_AS_OTHER', { value: cleanText(text).slice(0, 60) });
  return 'other';
};
