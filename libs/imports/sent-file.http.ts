import { basename } from 'node:path';
import { Inject, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { MultipartFile } from '@fastify/multipart';
import { catchError, from, type Observable } from 'rxjs';
import { takesLong } from '../edge/arrival.ts';
import type { EdgeRequest } from '../edge/parts.ts';
import { principalOf } from '../edge/parts.ts';
import { Problem } from '../edge/problem.ts';
import { fileLimit } from '../edge/server.ts';
import { importForms } from '../intake/import-kinds.ts';
import { fieldNamed } from '../intake/table.ts';
import type { Language } from '../kernel/bilingual.ts';
import type { Reading } from './importing.ts';
import type { Imports } from './imports.ts';
import type { Received, Uploads } from './uploads.ts';

export const IMPORTS = Symbol('imports');
/** Null where an app takes no files. */
export const UPLOADS = Symbol('uploads');

/** What came with a form beside the fields that every start has. */
export interface SentFile {
  readonly received: Received;
  readonly fileName: string;
  readonly language: Language | null;
}

const sent = new WeakMap<EdgeRequest, SentFile>();

/** The file of a request, once: who takes it answers for it. */
export function takeSentFile(request: EdgeRequest): SentFile | undefined {
  const file = sent.get(request);
  sent.delete(request);
  return file;
}

/**
 * A form with a file, after the guard and before the fields are checked: the file is sealed as it comes, and its fields stand for a body in
 * JSON. A file that nobody took is thrown away.
 */
export class SentFileInterceptor implements NestInterceptor {
  private readonly uploads: Uploads | null;
  private readonly imports: Imports;

  constructor(@Inject(UPLOADS) uploads: Uploads | null, @Inject(IMPORTS) imports: Imports) {
    this.uploads = uploads;
    this.imports = imports;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<EdgeRequest>();
    if (!request.isMultipart()) return next.handle();
    const { uploads } = this;
    if (!uploads) throw new Problem('MEDIA_TYPE_UNSUPPORTED');
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > fileLimit + 1_048_576) throw this.tooLarge(request);
    takesLong(request);
    let received: Received | undefined;
    try {
      const fields = new Map<string, string[]>();
      let fileName = '';
      for await (const part of request.parts()) {
        if (part.type === 'file') {
          received = await this.receive(request, uploads, part);
          fileName = basename((part.filename || 'file').replaceAll('\\', '/')).slice(0, 200);
        } else fields.set(part.fieldname, [...(fields.get(part.fieldname) ?? []), String(part.value)]);
      }
      if (!received) throw new Problem('FILE_PART_MISSING');
      const { language, ...body } = await this.bodyOf(request, fields);
      request.body = { ...body, fileDigest: received.fileDigest };
      sent.set(request, { received, fileName, language });
    } catch (error) {
      // Whoever still sends is heard out, so that she reads the answer.
      request.raw.resume();
      if (received) await uploads.discard(received);
      throw error instanceof Problem ? error : asTold(error);
    }
    return next.handle().pipe(catchError((error: unknown) => from(this.refused(request, error))));
  }

  private async refused(request: EdgeRequest, error: unknown): Promise<never> {
    const left = takeSentFile(request);
    if (left) await this.uploads?.discard(left.received);
    throw error;
  }

  private async receive(request: EdgeRequest, uploads: Uploads, part: MultipartFile): Promise<Received> {
    if (part.fieldname !== 'file') throw new Problem('FILE_PART_MISSING');
    const received = await uploads.receive(part.file).catch((error: unknown) => {
      throw part.file.truncated ? this.tooLarge(request) : error;
    });
    if (!part.file.truncated) return received;
    await uploads.discard(received);
    throw this.tooLarge(request);
  }

  private tooLarge(request: EdgeRequest): Problem {
    request.raw.resume();
    return new Problem('BODY_TOO_LARGE', { limit: fileLimit });
  }

  /** As a body in JSON says it. Fields that nobody knows are left to whoever checks them. */
  private async bodyOf(
    request: EdgeRequest,
    fields: ReadonlyMap<string, readonly string[]>,
  ): Promise<Record<string, unknown> & { language: Language | null }> {
    const { sheet, fillDown, map = [], language, ...rest } = Object.fromEntries(fields) as Record<string, readonly string[]>;
    const kind = rest['kind']?.[0] ?? '';
    const lang = language?.[0] || null;
    if (lang !== null && lang !== 'zh' && lang !== 'en') throw invalid('language', '须为 zh 或 en。', 'must be zh or en.');
    const columns = Object.hasOwn(importForms, kind) ? await this.columnsOf(request, kind as keyof typeof importForms, map) : [];
    const reading = {
      ...(sheet?.[0] ? { sheet: sheet[0] } : {}),
      ...(flag(fillDown?.[0] ?? '') === true ? { fillDown: true } : {}),
      ...(columns.length > 0 || map.includes('') ? { columns } : {}),
    };
    const body = Object.fromEntries(Object.entries(rest).map(([name, [value = '']]) => [name, flag(value)]));
    return { ...body, ...(Object.keys(reading).length > 0 ? { reading } : {}), language: lang };
  }

  /** What `map` says (`their header=our field`), on top of what the institution's last import of this kind said. */
  private async columnsOf(
    request: EdgeRequest,
    kind: keyof typeof importForms,
    map: readonly string[],
  ): Promise<NonNullable<Reading['columns']>> {
    const named = map.includes('') ? [] : await this.imports.columns(principalOf(request).institution);
    const columns = new Map(named.filter((column) => column.kind === kind).map(({ header, field }) => [header, field]));
    for (const said of map.filter((one) => one !== '')) {
      const [, header = '', name = ''] = /^(.+)=([^=]*)$/s.exec(said) ?? [];
      const field = name.trim() === '' ? '' : fieldNamed(importForms[kind].form, name);
      if (header.trim() === '' || field === undefined)
        throw invalid('map', '须形如“表头=栏目”。', 'must be like “header=field”, with a field that there is.');
      columns.set(header.trim(), field);
    }
    return [...columns].map(([header, field]) => ({ header, field })).toSorted((a, b) => (a.header < b.header ? -1 : 1));
  }
}

const flag = (value: string): string | boolean => (value === 'true' ? true : value === 'false' ? false : value);

const invalid = (field: string, zh: string, en: string): Problem =>
  new Problem('VALIDATION_FAILED', { count: 1 }, [{ field, code: 'SHAPE', zh, en }]);

/** A form that cannot be read is no JSON that cannot be read. */
const asTold = (error: unknown): unknown => {
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
  if (code === 'FST_FILES_LIMIT') return invalid('file', '只能有一个文件。', 'must be one file alone.');
  if (code === 'FST_FIELDS_LIMIT' || code === 'FST_PARTS_LIMIT') return new Problem('BAD_REQUEST');
  if (statusCode === 413) return new Problem('BODY_TOO_LARGE', { limit: fileLimit });
  const malformed = code?.startsWith('FST_') || (error instanceof Error && /multipart|form|header/i.test(error.message));
  return malformed ? new Problem('BAD_REQUEST') : error;
};
