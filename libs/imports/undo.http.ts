import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req, type OnApplicationBootstrap } from '@nestjs/common';
import { commandContext, Evidence, Told } from '../edge/command.ts';
import { Digits, Id, Shaped } from '../edge/fields.ts';
import { principalOf, PARTS, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { languageOf } from '../edge/problem.ts';
import { catalog, type LedgerEventType } from '../events/events.ts';
import type { ImportRun } from '../facts/import-run.ts';
import { fill, type Language } from '../kernel/bilingual.ts';
import { mintedId } from '../kernel/ids.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { refusals, type RefusalCode } from '../kernel/refusals.ts';
import type { Answer } from '../runtime/transact.ts';
import { planImport, runSource, type ImportCommand } from './run.ts';
import type { Undoing } from './undo.ts';

export const UNDOING = Symbol('undoing');

export class UndoRequested {
  @Evidence()
  evidence?: string[];
}

export class UndoGranted {
  @Id({ description: 'As the request’s answer and /v1/approvals give it' })
  requestId!: string;

  @Shaped(
    /^[\w-]{16,64}$/,
    { zh: '须为申请的摘要。', en: 'must be the digest of the request.' },
    { example: 'Zm9ydHktdHdvLWZvcnR5LXR3by1mb3J0', description: 'Of the request that was read: another content is not granted' },
  )
  digest!: string;
}

export class UndoRefused {
  @Id()
  requestId!: string;
}

export class UndoAsked {
  @Digits(0, 10_000_000, { optional: true, example: '0', description: 'Rows after this one' })
  after?: string;

  @Digits(1, 1000, { optional: true, example: '1000' })
  limit?: string;
}

/** Runs whose rows are all taken back before the grant is answered; a longer one goes on behind the answer. */
const rowsWaitedFor = 1000;

/** Taking a run back: one registrar asks, another grants, and each row says what became of it. */
@Controller('v1/imports')
export class ImportUndoController implements OnApplicationBootstrap {
  private readonly parts: Parts;
  private readonly undoing: Undoing;

  constructor(@Inject(PARTS) parts: Parts, @Inject(UNDOING) undoing: Undoing) {
    this.parts = parts;
    this.undoing = undoing;
  }

  /** A server that ended in the middle goes on. Whoever grants or asks again meets what went wrong. */
  onApplicationBootstrap(): void {
    void this.undoing.resume().catch(() => undefined);
  }

  @Post(':id/request-undo')
  async requestImportUndo(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() { evidence }: UndoRequested,
  ): Promise<Told | Refusal> {
    const { digest } = commandContext(this.parts, request, {});
    const answer = await this.send(request, id, (commandId) => ({
      type: 'RequestUndo',
      requestId: mintedId(commandId, 'request'),
      evidence: evidence ?? [],
    }));
    return isRefusal(answer) ? answer : this.told(id, answer, { requestId: mintedId(answer.commandId, 'request'), digest });
  }

  @Post(':id/grant-undo')
  async grantImportUndo(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() { requestId, digest }: UndoGranted,
  ): Promise<Told | Refusal> {
    const answer = await this.send(request, id, () => ({ type: 'GrantApproval', requestId, digest }));
    if (isRefusal(answer)) return answer;
    const { state } = await this.parts.transactor.load(runSource(id));
    if (state.undo) {
      const work = this.undoing.carryOut(id);
      // What breaks off behind the answer goes on when it is granted again, or at the next start.
      if ((state.finished?.rows ?? Infinity) <= rowsWaitedFor) await work;
      else void work.catch(() => undefined);
    }
    return this.told(id, answer, { requestId });
  }

  @Post(':id/refuse-undo')
  async refuseImportUndo(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() { requestId }: UndoRefused,
  ): Promise<Told | Refusal> {
    const answer = await this.send(request, id, () => ({ type: 'RefuseApproval', requestId }));
    return isRefusal(answer) ? answer : this.told(id, answer, { requestId });
  }

  /** How far it is, and what became of each row: taken back, or kept and why. */
  @Get(':id/undo')
  async readImportUndo(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Query() { after, limit }: UndoAsked,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    const { state, revision, institutionId } = await this.parts.transactor.load(runSource(id));
    if (!state.started || institutionId !== principalOf(request).institution) return refuse('NOT_FOUND');
    const rows = rowsOf(state, languageOf(languages));
    const behind = rows.filter(({ row }) => row > Number(after ?? 0));
    const page = behind.slice(0, Number(limit ?? 1000));
    const next = behind.length > page.length ? String(page.at(-1)!.row) : null;
    return new Told({ runId: id, ...undoOf(state), rows: page, next }, { revision });
  }

  private send(request: EdgeRequest, id: string, command: (commandId: string) => ImportCommand): Promise<Answer | Refusal> {
    return this.parts.transactor.transact(commandContext(this.parts, request, {}), async (commandId) => {
      const { state, institutionId } = await this.parts.transactor.load(runSource(id));
      const known = state.started !== null && institutionId === principalOf(request).institution;
      return known ? planImport(id, command(commandId)) : refuse('RUN_UNKNOWN');
    });
  }

  private async told(id: string, answer: Answer, more: Readonly<Record<string, unknown>>): Promise<Told> {
    const { state, revision } = await this.parts.transactor.load(runSource(id));
    const head = await this.parts.store.head();
    const { events, repeated } = answer;
    const body = {
      runId: id,
      ...undoOf(state),
      ...more,
      revision: revision.toString(),
      position: head.toString(),
      events,
      repeated,
    };
    return new Told(body, { revision, position: head });
  }
}

/** Where the undo of a run stands. */
export function undoOf({ approvals, undo }: ImportRun): {
  readonly state: 'none' | 'requested' | 'under-way' | 'finished';
  readonly requestId: string | null;
  /** What a grant must name. */
  readonly digest: string | null;
  readonly requestedBy: string | null;
  readonly grantedBy: string | null;
  readonly takenBack: number;
  readonly kept: number;
} {
  const requests = Object.values(approvals);
  const request = undo ? approvals[undo.requestId] : requests.findLast(({ outcome }) => outcome === 'pending');
  return {
    state: undo ? (undo.finishedAt === null ? 'under-way' : 'finished') : request ? 'requested' : 'none',
    requestId: request?.requestId ?? null,
    digest: request?.digest ?? null,
    requestedBy: request?.requestedBy ?? null,
    grantedBy: undo?.grantedBy.personId ?? null,
    takenBack: undo?.takenBack.size ?? 0,
    kept: undo?.kept.size ?? 0,
  };
}

interface UndoneRow {
  readonly row: number;
  readonly outcome: 'taken-back' | 'kept';
  readonly code: string | null;
  readonly reason: string | null;
  /** What happened since. */
  readonly since: readonly { readonly type: string; readonly zh: string; readonly en: string }[];
}

function rowsOf({ undo }: ImportRun, language: Language): readonly UndoneRow[] {
  if (!undo) return [];
  const takenBack = [...undo.takenBack].map((row): UndoneRow => ({
    row,
    outcome: 'taken-back',
    code: null,
    reason: null,
    since: [],
  }));
  const kept = [...undo.kept.values()].map(({ row, code, since: types }): UndoneRow => {
    const since = types.map((type) => ({ type, ...catalog[type as LedgerEventType].title }));
    const facts = { since: since.map((title) => title[language]) };
    return { row, outcome: 'kept', code, reason: fill(refusals[code as RefusalCode][language], facts), since };
  });
  return [...takenBack, ...kept].toSorted((a, b) => a.row - b.row);
}
