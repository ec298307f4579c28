import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AccessLog } from '../edge/access.ts';
import { Told } from '../edge/command.ts';
import { Digits, OneOf, Shaped } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { languageOf, Problem, problemText } from '../edge/problem.ts';
import { sendEvents } from '../edge/sent-events.ts';
import { fill, type Language } from '../kernel/bilingual.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { cursorAfter, pageLimit, placeOf } from '../read-models/paging.ts';
import { RunIndex } from './run-index.ts';
import { UPLOADS } from './sent-file.http.ts';
import type { UploadRun } from './upload-run.ts';
import { isOver } from './upload-state.ts';
import type { Uploads } from './uploads.ts';

export class ImportsAsked {
  @Digits(1, 500, { optional: true, example: '50' })
  limit?: string;

  @Shaped(
    /^[\w-]{1,400}$/,
    { zh: '须为上一页给出的游标。', en: 'must be the cursor that the page before gave.' },
    { optional: true, description: '`next` of the page before' },
  )
  cursor?: string;
}

export class ResultAsked {
  @OneOf({ zh: 1, en: 1 }, { optional: true, description: 'Language of what is told; else the upload’s, else Accept-Language' })
  lang?: Language;
}

/** Says nothing more. */
// oxlint-disable-next-line typescript/no-extraneous-class -- the body of a request that says nothing
export class ImportMoved {}

const workbook = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Uploaded files and what became of them. */
@Controller('v1/imports')
export class UploadsController implements OnModuleDestroy {
  private readonly parts: Parts;
  private readonly access: AccessLog;
  private readonly uploads: Uploads | null;
  private readonly runs: RunIndex;
  private readonly closing = new AbortController();

  constructor(@Inject(PARTS) parts: Parts, @Inject(AccessLog) access: AccessLog, @Inject(UPLOADS) uploads: Uploads | null) {
    this.parts = parts;
    this.access = access;
    this.uploads = uploads;
    this.runs = new RunIndex(parts.store, parts.codec);
  }

  /** The server waits for its answers to end, and some do not end by themselves. */
  async onModuleDestroy(): Promise<void> {
    this.closing.abort();
    await this.uploads?.close();
  }

  /** The newest first; dry runs among them while they are kept. */
  @Get()
  async listImports(@Req() request: EdgeRequest, @Query() { limit, cursor }: ImportsAsked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const query = { institutionId, ...(limit ? { limit: Number(limit) } : {}), ...(cursor ? { cursor } : {}) };
    const place = placeOf(query, 2);
    if (isRefusal(place)) return place;
    const items = new Map((await this.runs.of(institutionId)).map((run) => [run.runId, runListed(run)]));
    for (const run of this.uploads?.of(institutionId) ?? []) items.set(run.state.runId, uploadListed(run));
    const sorted = [...items.values()].toSorted((a, b) => compare([b.startedAt, b.runId], [a.startedAt, a.runId]));
    const from = place ? sorted.findIndex((item) => compare([item.startedAt, item.runId], place as [string, string]) < 0) : 0;
    const page = from < 0 ? [] : sorted.slice(from, from + pageLimit(query));
    const last = page.at(-1);
    const more = last !== undefined && sorted.at(-1) !== last;
    return new Told(
      { items: page, next: more ? cursorAfter(query, [last.startedAt, last.runId]) : null, total: sorted.length },
      { position: await this.parts.store.head() },
    );
  }

  /** Server-sent events: `progress` until the import is over or paused, then one `outcome`. */
  @Get(':id/events')
  async followImport(@Req() request: EdgeRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const run = this.runOf(request, id);
    const language = languageOf(request.headers['accept-language']);
    await sendEvents(request, reply, this.closing.signal, {
      name: run.state.runId,
      watch: (changed) => run.watch(changed),
      word: () => {
        const last = isOver(run.state.status);
        return { event: last ? 'outcome' : 'progress', data: uploadShown(run, this.uploads!, language), last };
      },
    });
  }

  /** The sender's sheet again with an answer beside every row, as a workbook; as csv, by Accept, what was refused alone. */
  @Get(':id/result')
  async readImportResult(
    @Req() request: EdgeRequest,
    @Res() reply: FastifyReply,
    @Param('id') id: string,
    @Query() { lang }: ResultAsked,
  ): Promise<void> {
    const run = this.runOf(request, id);
    const { status, answered, kind } = run.state;
    if (!isOver(status)) throw new Problem('IMPORT_NOT_OVER', { done: status === 'running' ? run.progress.answered : answered });
    if (status === 'failed') throw new Problem('IMPORT_HAS_NO_RESULT');
    const { accept, 'accept-language': languages } = request.headers;
    const asCsv = accept !== undefined && accept.includes('text/csv') && !accept.includes(workbook);
    const language = lang ?? (languages === undefined ? run.language : null) ?? languageOf(languages);
    await this.access.record(request, null);
    await reply
      .header('content-type', asCsv ? 'text/csv; charset=utf-8; header=present' : workbook)
      .header('content-disposition', `attachment; filename="${kind}-${id}.result.${asCsv ? 'csv' : 'xlsx'}"`)
      .header('content-language', language)
      .header('cache-control', 'no-store')
      .header('x-correlation-id', request.id)
      .send(Readable.from(run.result(asCsv ? 'csv' : 'xlsx', language), { objectMode: false }));
  }

  @Post(':id/pause')
  @HttpCode(200)
  async pauseImport(@Req() request: EdgeRequest, @Param('id') id: string, @Body() _moved: ImportMoved): Promise<Told> {
    const run = this.goingOn(request, id);
    await run.pause();
    return this.told(request, run);
  }

  @Post(':id/resume')
  @HttpCode(200)
  async resumeImport(@Req() request: EdgeRequest, @Param('id') id: string, @Body() _moved: ImportMoved): Promise<Told> {
    const run = this.goingOn(request, id);
    await this.uploads!.resume(run);
    return this.told(request, run);
  }

  /** What was taken stays; the same file goes on with the rest in another run. */
  @Post(':id/cancel')
  @HttpCode(200)
  async cancelImport(@Req() request: EdgeRequest, @Param('id') id: string, @Body() _moved: ImportMoved): Promise<Told> {
    const run = this.runOf(request, id);
    if (run.state.status !== 'cancelled') this.goingOn(request, id);
    await run.cancel();
    return this.told(request, run);
  }

  private runOf(request: EdgeRequest, id: string): UploadRun {
    const run = this.uploads?.find(principalOf(request).institution, id);
    if (!run) throw new Problem('IMPORT_HAS_NO_RESULT');
    return run;
  }

  private goingOn(request: EdgeRequest, id: string): UploadRun {
    const run = this.runOf(request, id);
    if (isOver(run.state.status)) throw new Problem('IMPORT_OVER', { state: run.state.status });
    return run;
  }

  private told(request: EdgeRequest, run: UploadRun): Told {
    return new Told(uploadShown(run, this.uploads!, languageOf(request.headers['accept-language'])));
  }
}

/** What a caller is told of an uploaded file's import. */
export function uploadShown(run: UploadRun, uploads: Uploads, language: Language): Readonly<Record<string, unknown>> {
  const { runId, kind, fileDigest, options, ordinal, status, dryRun, bytes, by, acceptedAt, endedAt, failure } = run.state;
  const { progress } = run;
  const { rows, answered, taken, unchanged, refused } = progress;
  const over = status === 'finished' || status === 'cancelled';
  return {
    runId,
    kind,
    fileDigest,
    options,
    ordinal,
    finished: over ? { rows: answered, taken, unchanged, refused } : null,
    upload: {
      state: status,
      dryRun,
      file: { name: run.fileName, bytes },
      by: by.actor.personId,
      acceptedAt,
      endedAt,
      progress: { ...progress, percent: rows === null ? 0 : rows === 0 ? 100 : Math.floor((answered * 100) / rows) },
      failure: failure === null ? null : { code: failure, detail: failureText(failure, run, language) },
      result: over ? `/v1/imports/${runId}/result` : null,
      keptUntil: uploads.keptUntil(run),
    },
  };
}

const failureText = (code: string, run: UploadRun, language: Language): string =>
  fill(problemText(code as Parameters<typeof problemText>[0])[language], { correlationId: run.state.runId, ...run.failureFacts });

interface Listed {
  readonly runId: string;
  readonly kind: string;
  readonly ordinal: number;
  readonly state: string;
  readonly dryRun: boolean;
  readonly uploaded: boolean;
  readonly by: string;
  readonly startedAt: string;
  readonly rows: number | null;
  readonly taken: number | null;
  readonly unchanged: number | null;
  readonly refused: number | null;
}

const runListed = ({ runId, kind, ordinal, by, startedAt, finished }: Awaited<ReturnType<RunIndex['of']>>[number]): Listed => ({
  runId,
  kind,
  ordinal,
  state: finished ? 'finished' : 'open',
  dryRun: false,
  uploaded: false,
  by,
  startedAt,
  rows: finished?.rows ?? null,
  taken: finished?.taken ?? null,
  unchanged: finished?.unchanged ?? null,
  refused: finished?.refused ?? null,
});

const uploadListed = (run: UploadRun): Listed => {
  const { runId, kind, ordinal, status, dryRun, by, acceptedAt } = run.state;
  const { rows, taken, unchanged, refused } = run.progress;
  return {
    runId,
    kind,
    ordinal,
    state: status,
    dryRun,
    uploaded: true,
    by: by.actor.personId,
    startedAt: acceptedAt,
    rows,
    taken,
    unchanged,
    refused,
  };
};

const compare = ([a, b]: readonly [string, string], [c, d]: readonly [string, string]): number =>
  a === c ? (b < d ? -1 : b > d ? 1 : 0) : a < c ? -1 : 1;
