import { inWords } from '../events/in-words.ts';
import { fill, type Bilingual, type Language } from '../kernel/bilingual.ts';
import { fileErrorTexts, type FileErrorCode } from '../kernel/file-errors.ts';
import { isRefusal, type Facts, type Refusal } from '../kernel/refusal.ts';
import { refusals, type RefusalCode, type RefusalKind } from '../kernel/refusals.ts';
import { StoreFault } from '../ports/store-fault.ts';

/** Refusals as RFC 9457 problems. HTTP status codes are known in this folder alone. */
const statusOf: Readonly<Record<RefusalKind, number>> = {
  invalid: 422,
  conflict: 409,
  'not-found': 404,
  forbidden: 403,
  precondition: 412,
  unavailable: 503,
};

const titles: Readonly<Record<number, Bilingual>> = {
  400: { zh: '请求有误', en: 'Bad request' },
  401: { zh: '须先登录', en: 'Not authenticated' },
  403: { zh: '无权操作', en: 'Not allowed' },
  404: { zh: '没有找到', en: 'Not found' },
  405: { zh: '方法不适用', en: 'Method not allowed' },
  408: { zh: '请求超时', en: 'Request timed out' },
  409: { zh: '与记录冲突', en: 'Conflicts with the record' },
  412: { zh: '记录已更新', en: 'The record has moved on' },
  413: { zh: '请求过大', en: 'Request too large' },
  415: { zh: '不支持的格式', en: 'Unsupported media type' },
  422: { zh: '内容不合要求', en: 'Not acceptable as stated' },
  431: { zh: '请求头过大', en: 'Request header too large' },
  500: { zh: '内部错误', en: 'Internal error' },
  503: { zh: '暂时无法处理', en: 'Unavailable for now' },
  507: { zh: '存储空间已满', en: 'Storage is full' },
};

interface EdgeText extends Bilingual {
  readonly status: number;
}

const is = (status: number, zh: string, en: string): EdgeText => ({ status, zh, en });

/** A file that cannot be taken as it is, by its own name. */
const fileProblems = Object.fromEntries(
  Object.entries(fileErrorTexts).map(([code, { zh, en }]) => [code, is(422, zh, en)]),
) as Record<FileErrorCode, EdgeText>;

/** What the edge itself refuses, before or instead of a decision. Codes are stable, as those of kernel/refusals.ts. */
export const edgeProblems = {
  ...fileProblems,
  VALIDATION_FAILED: is(422, '有 {count} 处内容不合要求。', 'What was sent fails in {count} places.'),
  MALFORMED_JSON: is(400, '请求体不是有效的 JSON。', 'The body is not JSON.'),
  BAD_REQUEST: is(400, '请求无法理解。', 'The request cannot be understood.'),
  BODY_TOO_LARGE: is(413, '请求体超过 {limit} 字节。', 'The body is larger than {limit} bytes.'),
  MEDIA_TYPE_UNSUPPORTED: is(415, '请求体须为 application/json。', 'The body must be application/json.'),
  HEADERS_TOO_LARGE: is(431, '请求头过大。', 'The request header is too large.'),
  REQUEST_TIMEOUT: is(408, '未能及时收到完整请求。', 'The request did not arrive in time.'),
  IDEMPOTENCY_KEY_MISSING: is(
    400,
    '每个命令须带 Idempotency-Key 请求头，重试时保持不变。',
    'Every command needs an Idempotency-Key header, the same one when it is sent again.',
  ),
  IDEMPOTENCY_KEY_INVALID: is(
    400,
    'Idempotency-Key 须为 1 至 255 个可见 ASCII 字符。',
    'An Idempotency-Key has 1 to 255 visible ASCII characters.',
  ),
  IF_MATCH_INVALID: is(
    400,
    'If-Match 须为带引号的版本号，如 "4"。',
    'If-Match names one revision in quotation marks, such as "4".',
  ),
  WAIT_FOR_INVALID: is(400, 'Ledger-Wait-For 须为日志位置。', 'Ledger-Wait-For names a position of the log.'),
  TOKEN_MISSING: is(401, '须带 Bearer 令牌。', 'A bearer token is needed.'),
  TOKEN_INVALID: is(401, '令牌无效。', 'The token is not valid.'),
  TOKEN_EXPIRED: is(401, '令牌已过期。', 'The token has expired.'),
  ISSUER_UNREACHABLE: is(503, '无法取得令牌签发方的密钥。', 'The keys of the token’s issuer cannot be fetched.'),
  INSTITUTION_UNKNOWN: is(403, '本系统不服务该院校。', 'This ledger does not serve that institution.'),
  ROLE_NOT_ALLOWED: is(403, '角色“{role}”不能进行此操作。', 'The role {role} may not do this.'),
  ROUTE_UNKNOWN: is(404, '没有这个接口。', 'There is no such route.'),
  VIEW_UNKNOWN: is(404, '没有视图“{view}”；现有：{views}。', 'There is no view {view}. There are: {views}.'),
  VIEW_BEHIND: is(
    503,
    '视图尚未到达位置 {wanted}（现为 {reached}）。',
    'The view has not reached position {wanted}; it is at {reached}.',
  ),
  VIEW_NOT_READY: is(503, '视图尚在建立。', 'The view is still being built.'),
  KEY_NOT_PARKED: is(409, '视图“{view}”没有停放这个键。', 'This key of the view {view} is not parked.'),
  LOOPBACK_ALONE: is(
    403,
    '仅供演练：服务只监听本机时才可使用。',
    'This is for practice: it works only while the server listens on loopback.',
  ),
  POSITION_EMPTY: is(
    422,
    '位置 {position} 没有事件（日志现至 {head}）。',
    'There is no event at position {position}; the log ends at {head}.',
  ),
  POSITION_NOT_FOLDED: is(
    422,
    '视图“{view}”不折叠位置 {position} 的事件（{type}）。',
    'The view {view} does not fold the event at position {position} ({type}).',
  ),
  VIEW_HAS_NO_PAST: is(
    422,
    '视图“{view}”不能按过去某一时点建立。',
    'The view {view} cannot be built as of a moment of the past: its rows do not follow from single streams.',
  ),
  AS_OF_NOT_BUILT: is(
    409,
    '该时点尚未建立：请先向 {ask} 提交（POST）同样的时点，建好后再查询。',
    'Nothing is kept of that moment: POST it to {ask} first, and ask again once it is built.',
  ),
  AS_OF_NOT_OVER: is(
    422,
    '所问时点尚未过去（最晚为 {latest}）：到那时为止的记录还会增加。',
    'That moment is not over ({latest} is the latest): what is recorded by then may still grow.',
  ),
  AS_OF_FULL: is(
    409,
    '最多保留 {kept} 个时点，且都在建立中：请等其中之一完成，或先取消。',
    'As many as {kept} moments are being built: wait for one of them, or cancel one.',
  ),
  FILE_PART_MISSING: is(422, '须有名为 file 的文件。', 'A file is needed, in a part called file.'),
  IMPORT_NOT_OVER: is(
    409,
    '导入尚未结束（{done} 行已处理）：结束后才有结果文件。',
    'The import is not over ({done} rows are done): there is a result once it is.',
  ),
  IMPORT_HAS_NO_RESULT: is(
    404,
    '没有结果文件：不是上传的导入，或保存期已过。',
    'There is no result: the file was not uploaded, or is no longer kept.',
  ),
  IMPORT_OVER: is(409, '导入已结束（{state}）。', 'The import is over ({state}).'),
  SHUTTING_DOWN: is(503, '服务正在关闭。', 'The server is shutting down.'),
  STORAGE_FULL: is(507, '存储空间已满，未写入任何内容。', 'Storage is full; nothing was written.'),
  INTERNAL: is(500, '内部错误，请提供编号 {correlationId}。', 'An internal error; please give the number {correlationId}.'),
} as const satisfies Record<string, EdgeText>;

export type EdgeCode = keyof typeof edgeProblems;
export type ProblemCode = RefusalCode | EdgeCode;

/** What one field does not satisfy, in both languages; never the value. */
export interface FieldError extends Bilingual {
  /** Path with dots. */
  readonly field: string;
  readonly code: string;
}

/** The edge's own "no". Thrown, since guards and pipes have no other way out. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly facts: Facts;
  readonly errors: readonly FieldError[] | undefined;

  constructor(code: ProblemCode, facts: Facts = {}, errors?: readonly FieldError[]) {
    super(code);
    this.name = 'Problem';
    this.code = code;
    this.facts = facts;
    this.errors = errors;
  }
}

/** application/problem+json. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The address that was asked, or `urn:ledger:request:<correlationId>`. */
  readonly instance: string;
  readonly code: ProblemCode;
  readonly facts: Facts;
  readonly correlationId: string;
  readonly errors?: readonly FieldError[];
}

export const problemStatus = (code: ProblemCode): number =>
  code in refusals ? statusOf[refusals[code as RefusalCode].kind] : edgeProblems[code as EdgeCode].status;

export const problemText = (code: ProblemCode): Bilingual =>
  code in refusals ? refusals[code as RefusalCode] : edgeProblems[code as EdgeCode];

export const problemDocument = (
  problem: Refusal | Problem,
  request: { readonly language: Language; readonly instance: string; readonly correlationId: string },
): ProblemDocument => {
  const { language, instance, correlationId } = request;
  const code = isRefusal(problem) ? problem.refused : problem.code;
  const status = problemStatus(code);
  return {
    type: `urn:ledger:problem:${code}`,
    title: titles[status]?.[language] ?? code,
    status,
    detail: fill(problemText(code)[language], { ...inWords(code, problem.facts, language), correlationId }),
    instance,
    code,
    facts: problem.facts,
    correlationId,
    ...(isRefusal(problem) || !problem.errors ? {} : { errors: problem.errors }),
  };
};

/** Whatever was thrown, as a problem. What is unforeseen says nothing of itself. */
export const asProblem = (thrown: unknown): Problem => {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof StoreFault) {
    if (thrown.code === 'STORE_FULL') return new Problem('STORAGE_FULL');
    return new Problem(thrown.code === 'STORE_CLOSED' ? 'SHUTTING_DOWN' : 'INTERNAL');
  }
  // The thread that folds is being started again.
  if (thrown instanceof Error && ['ViewNotReady', 'ProjectorGone'].includes(thrown.name)) return new Problem('VIEW_NOT_READY');
  const { statusCode, status } = (thrown ?? {}) as { statusCode?: unknown; status?: unknown };
  switch (typeof statusCode === 'number' ? statusCode : typeof status === 'number' ? status : 500) {
    case 400:
      return new Problem('BAD_REQUEST');
    case 404:
    case 405:
      return new Problem('ROUTE_UNKNOWN');
    case 408:
      return new Problem('REQUEST_TIMEOUT');
    case 413:
      return new Problem('BODY_TOO_LARGE', { limit: (thrown as { limit?: number }).limit ?? null });
    case 414:
      return new Problem('NOT_FOUND');
    case 415:
      return new Problem('MEDIA_TYPE_UNSUPPORTED');
    case 431:
      return new Problem('HEADERS_TOO_LARGE');
    case 503:
      return new Problem('SHUTTING_DOWN');
    default:
      return new Problem('INTERNAL');
  }
};

/** The language that Accept-Language prefers; Chinese, in which the record is kept, where it does not say. */
export const languageOf = (header: string | undefined): Language => {
  if (header === undefined || header === '') return 'zh';
  let best: { language: Language; quality: number } = { language: 'zh', quality: 0 };
  for (const range of header.slice(0, 200).split(',')) {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
    const q = parameters.find((parameter) => parameter.trim().startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.trim().slice(2));
    const language = tag.startsWith('zh') ? 'zh' : tag.startsWith('en') ? 'en' : null;
    if (language && quality > best.quality) best = { language, quality };
  }
  return best.language;
};
