import { Controller, Get, Inject, Param, Query, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Told } from '../edge/command.ts';
import { Shaped } from '../edge/fields.ts';
import { viewNamed } from '../edge/guard.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { Problem } from '../edge/problem.ts';
import { sendEvents, type Word } from '../edge/sent-events.ts';
import { rebuildingOf, type Rebuilding } from '../facts/rebuild.ts';
import { differencesShown, endedShown, runShown } from './rebuild-shown.ts';

export class RebuildFollowed {
  @Shaped(
    /^[0-9a-z.-]{1,120}$/,
    { zh: '须为某次重建的编号。', en: 'must be the id of a run.' },
    { optional: true, description: 'The run whose outcome is waited for; the present or the last one where absent' },
  )
  run?: string;
}

/** Rebuilds of views: how far they are, how they ended, what they found. */
@Controller('v1/views')
export class RebuildRecords implements OnModuleDestroy {
  private readonly parts: Parts;
  private readonly closing = new AbortController();

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  /** The server waits for its answers to end, and these do not end by themselves. */
  onModuleDestroy(): void {
    this.closing.abort();
  }

  @Get(':name/rebuild')
  async readRebuild(@Req() request: EdgeRequest, @Param('name') name: string): Promise<Told> {
    const { state, revision } = await this.onRecord(name);
    const { institution } = principalOf(request);
    const body = {
      view: name,
      ...(await this.present(name, state, institution)),
      ended: state.ended.map((one) => endedShown(one, institution)),
    };
    return new Told(body, { revision, position: await this.parts.store.head() });
  }

  /** Server-sent events: `progress` until the run is over, then one `outcome`, and the end; `idle` where none ever ran. */
  @Get(':name/rebuild/events')
  async followRebuild(
    @Req() request: EdgeRequest,
    @Res() reply: FastifyReply,
    @Param('name') name: string,
    @Query() { run }: RebuildFollowed,
  ): Promise<void> {
    const { state } = await this.onRecord(name);
    const known = run === undefined || state.run?.run === run || state.ended.some((one) => one.run.run === run);
    if (!known) throw new Problem('NOT_FOUND');
    const followed = run ?? (state.run ?? state.ended[0]?.run)?.run ?? null;
    const { institution } = principalOf(request);
    await sendEvents(request, reply, this.closing.signal, {
      name: followed ?? name,
      watch: (changed) => this.parts.rebuilds.watch(name, changed),
      word: () => this.word(name, followed, institution),
    });
  }

  @Get(':name/rebuild/differences')
  async readRebuildDifferences(@Req() request: EdgeRequest, @Param('name') name: string): Promise<Told> {
    await this.onRecord(name);
    const found = this.parts.rebuilds.differences(name);
    const { institution } = principalOf(request);
    const items = differencesShown(found?.rows ?? [], institution);
    return new Told({ view: name, run: found?.run ?? null, items }, { position: await this.parts.store.head() });
  }

  private async onRecord(name: string): Promise<{ readonly state: Rebuilding; readonly revision: bigint }> {
    viewNamed(this.parts, name);
    return this.parts.transactor.load(rebuildingOf(name));
  }

  private async present(name: string, { status, run }: Rebuilding, institution: string): Promise<object> {
    const pace = run === null ? null : this.parts.rebuilds.pace(name);
    const head = await this.parts.store.head();
    const { position } = this.parts.views.status().find((view) => view.name === name)!;
    return {
      state: status,
      run: run && runShown(run, institution),
      progress: pace && {
        phase: pace.phase,
        done: pace.done.toString(),
        head: pace.head.toString(),
        percent: pace.head === 0n ? 100 : Number((pace.done * 100n) / pace.head),
        perSecond: status === 'paused' ? 0 : pace.perSecond,
        secondsLeft: status === 'paused' ? null : pace.secondsLeft,
      },
      lag: (head > position ? head - position : 0n).toString(),
    };
  }

  private async word(name: string, run: string | null, institution: string): Promise<Word> {
    const { state } = await this.onRecord(name);
    const over = state.ended.find((one) => one.run.run === run);
    if (over) return { event: 'outcome', data: endedShown(over, institution), last: true };
    if (run === null || state.run?.run !== run) return { event: 'idle', data: {}, last: true };
    return { event: 'progress', data: await this.present(name, state, institution), last: false };
  }
}
