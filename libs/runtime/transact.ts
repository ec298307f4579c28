import {
  effectiveOf,
  type Actor,
  type Circumstances,
  type CommandAbandoned,
  type Decision,
  type DomainEvent,
  type Envelope,
  type Recorded,
} from '../kernel/decider.ts';
import { attemptId, eventId } from '../kernel/ids.ts';
import type { Plan, Source, Take } from '../kernel/plan.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { dateIn, instant } from '../kernel/time.ts';
import { catalog, type LedgerEventType } from '../events/events.ts';
import type { Clock, Entropy, Timer } from '../ports/clock.ts';
import type { Appended, Conflict, EventStore } from '../ports/event-store.ts';
import { SealLikeText, SubjectErased, type Codec, type Encoded } from './codec.ts';
import { Streams, type Loaded } from './streams.ts';

/** A command's envelope: who says it, when it became true, and what makes a repeat recognizable. */
export interface CommandContext {
  /** Of the first attempt; later attempts are derived. */
  readonly commandId: string;
  /** Keyed digest of the canonical command. */
  readonly digest: string;
  readonly actor: Actor;
  readonly institutionId: string;
  /** IANA time zone of the institution. */
  readonly zone: string;
  /** ISO instant; now where absent. */
  readonly effectiveAt?: string;
  readonly reason?: { readonly code: string; readonly text?: string };
  readonly onBehalfOf?: string;
  readonly correlationId: string;
  readonly causationId: string;
  /** Revision that the own stream must have, from `If-Match`. */
  readonly ifMatch?: bigint;
  /** Decides and looks at every gate, but writes nothing. */
  readonly dryRun?: boolean;
}

export interface Answer {
  readonly stream: string;
  /** Revision of the own stream after the command, -1n if it does not exist. */
  readonly revision: bigint;
  /** Highest position that this command wrote, as far as it is known; 0n where it wrote nothing. */
  readonly position: bigint;
  /** Types of the events on the own stream; none where everything was so already. */
  readonly events: readonly string[];
  /** Id of the attempt that took effect: minted ids derive from it. */
  readonly commandId: string;
  /** True where an earlier delivery of the same command had done it. */
  readonly repeated: boolean;
}

export interface Runtime {
  readonly store: EventStore;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly entropy: Entropy;
}

/** Reloading and deciding again after a conflict ends here; the caller is told TOO_BUSY and nothing is lost. */
const maxTries = 24;
/** A take whose command is not finished after this long belongs to a crashed writer. */
export const abandonedAfterMs = 30_000;

const system: Actor = { personId: 'ledger', role: 'system', organizationId: null };

/** Loads, decides and appends. Gate first, own stream last, releases after; a retry of the same command finds what is done. */
export class Transactor {
  private readonly runtime: Runtime;
  private readonly streams: Streams;

  /** Folded streams are kept, so many at most. */
  constructor(runtime: Runtime, cacheLimit = 20_000) {
    this.runtime = runtime;
    this.streams = new Streams(runtime, cacheLimit);
  }

  /** The stream as of now. */
  load<State>(source: Source<State>): Promise<Loaded<State>> {
    return this.streams.load(source);
  }

  /** Drops what is remembered of a stream: nothing opened may outlive an erasure. */
  forget(stream: string): void {
    this.streams.forget(stream);
  }

  /**
   * Carries out one command. `planFor` builds the plan of an attempt: ids that the command mints come from the attempt's id,
   * because an abandoned attempt is final and the next one walks a path of its own.
   */
  async transact(
    context: CommandContext,
    planFor: (commandId: string) => Plan | Refusal | Promise<Plan | Refusal>,
  ): Promise<Answer | Refusal> {
    try {
      for (let attempt = 1; attempt < 1000; attempt++) {
        const commandId = attemptId(context.commandId, attempt);
        const planned = planFor(commandId);
        const plan = planned instanceof Promise ? await planned : planned;
        if (isRefusal(plan)) return plan;
        const result = await this.walk(context, commandId, plan);
        if (result !== 'abandoned') return result;
      }
      return refuse('TOO_BUSY');
    } catch (error) {
      if (error instanceof SubjectErased) return refuse('LEARNER_ERASED');
      if (error instanceof SealLikeText) return refuse('TEXT_RESERVED');
      throw error;
    }
  }

  private async walk(context: CommandContext, commandId: string, plan: Plan): Promise<Answer | Refusal | 'abandoned'> {
    let takes: readonly Take[] = [];
    let notBefore = '';
    // What is remembered is enough to append on, since that fails where it is old. Every other answer rests on what the log says now.
    const known = context.dryRun ? undefined : this.streams.recall(plan.own);
    if (known) {
      const appending = this.appendOn(known, plan, context, commandId);
      const appended = appending && (await appending);
      if (appended) return appended;
    }
    for (let tries = 0; tries < maxTries; tries++) {
      const own = await this.load(plan.own);

      const done = await this.streams.traceOf(own, commandId);
      if (done) {
        if (done.digest !== context.digest) return refuse('IDEMPOTENCY_KEY_REUSED');
        await this.releaseAll(plan.releases?.(own.state) ?? [], context, commandId);
        return {
          stream: own.stream,
          revision: done.revision,
          position: done.position,
          events: done.events,
          commandId,
          repeated: true,
        };
      }
      if (own.abandoned.has(commandId)) return 'abandoned';
      if (!mayWrite(own, plan, context)) return refuse('NOT_FOUND');
      if (context.ifMatch !== undefined && context.ifMatch !== own.revision) {
        return this.undo(
          takes,
          context,
          commandId,
          refuse('REVISION_CHANGED', { expected: context.ifMatch.toString(), actual: own.revision.toString() }),
        );
      }

      const { decision, k, basis } = await this.decide(own, plan, context, commandId, notBefore);
      // A crashed run of this same command may have taken gates that this refusal, or this "already so", leaves without an owner.
      if (isRefusal(decision) || decision.length === 0) {
        const outcome: Refusal | Answer = isRefusal(decision)
          ? decision
          : { stream: own.stream, revision: own.revision, position: 0n, events: [], commandId, repeated: false };
        return this.undo(plan.takes?.(own.state) ?? takes, context, commandId, outcome);
      }

      // A grant that turns out stale changes nothing, so it takes nothing.
      takes = decision.every(({ type }) => type === 'ApprovalStale') ? [] : (plan.takes?.(own.state) ?? []);
      const subjectId = plan.subjectId(own.state);
      const taken = await this.takeAll(takes, k, { context, commandId, subjectId });
      if (taken === 'abandoned') return 'abandoned';
      if (isRefusal(taken)) {
        // A writer that slept may be told that its own later attempt holds the gate: it was abandoned meanwhile, which is no refusal.
        for (const owner of new Set([plan.own, ...takes.map((take) => take.owner)])) {
          if ((await this.load(owner)).abandoned.has(commandId)) return 'abandoned';
        }
        return this.undo(takes, context, commandId, taken);
      }
      // A crashed run took a gate by a clock ahead of this one: what is written now must not seem older than what it rests on.
      if (taken.decidedAt > k.now) {
        notBefore = taken.decidedAt;
        continue;
      }

      if (context.dryRun) {
        return {
          stream: own.stream,
          revision: own.revision,
          position: 0n,
          events: decision.map((e) => e.type),
          commandId,
          repeated: false,
        };
      }
      const finished = await this.finish(own, plan, decision, { context, commandId, k, basis, subjectId, step: 'own' });
      if (finished) return finished;
      await this.pause(tries);
    }
    return this.undo(takes, context, commandId, refuse('TOO_BUSY'));
  }

  /** The common case without a read: a command that takes nothing, on a stream as it is remembered. Null where anything else turns up. */
  private appendOn(own: Loaded, plan: Plan, context: CommandContext, commandId: string): Promise<Answer | null> | null {
    if (own.commands.of(commandId) !== undefined || own.abandoned.has(commandId)) return null;
    if (!mayWrite(own, plan, context)) return null;
    if (context.ifMatch !== undefined && context.ifMatch !== own.revision) return null;
    const append = ({ decision, k, basis }: Decided): Promise<Answer | null> | null => {
      if (isRefusal(decision) || decision.length === 0) return null;
      if (plan.takes && plan.takes(own.state).length > 0) return null;
      const subjectId = plan.subjectId(own.state);
      return this.finish(own, plan, decision, { context, commandId, k, basis, subjectId, step: 'own' });
    };
    const decided = this.decide(own, plan, context, commandId);
    return decided instanceof Promise ? decided.then(append) : append(decided);
  }

  private decide(
    own: Loaded,
    plan: Plan,
    context: CommandContext,
    commandId: string,
    notBefore = '',
  ): Decided | Promise<Decided> {
    const decideOn = ({ facts, basis }: { facts: Record<string, unknown>; basis: Envelope['basis'] }): Decided => {
      const k = this.circumstances(context, commandId, own, facts, notBefore);
      // Of every context alike: what is planned is a field of an event, never its time.
      const early = k.effectiveAt > k.now ? refuse('EFFECTIVE_IN_FUTURE', { effectiveAt: k.effectiveAt, now: k.now }) : null;
      return { decision: early ?? plan.own.decide(own.state, k), k, basis };
    };
    const sources = Object.entries(plan.facts?.(own.state) ?? {});
    return sources.length === 0
      ? decideOn({ facts: {}, basis: [] })
      : this.loadFacts(sources, context.institutionId).then(decideOn);
  }

  /** Appends to the own stream and lets go of what its new state no longer holds. Null where somebody else appended first. */
  private async finish(own: Loaded, plan: Plan, decision: readonly DomainEvent[], step: Step): Promise<Answer | null> {
    const result = await this.append(own, decision, step, plan.own);
    if (result.outcome === 'conflict') return null;
    if (plan.releases) {
      const after = this.streams.recall(plan.own);
      const now = after && after.revision >= result.revision ? after : await this.load(plan.own);
      const releases = plan.releases(now.state);
      if (releases.length > 0) await this.releaseAll(releases, step.context, step.commandId);
    }
    return {
      stream: own.stream,
      revision: result.revision,
      position: result.position,
      events: decision.map((e) => e.type),
      commandId: step.commandId,
      repeated: false,
    };
  }

  /**
   * Looks at every gate before the first is taken, so that a refusal that can be seen costs no event; then takes them in order.
   * Answers when the latest of them was decided, by an earlier run perhaps.
   */
  private async takeAll(
    takes: readonly Take[],
    k: Circumstances,
    step: { context: CommandContext; commandId: string; subjectId: string | null },
  ): Promise<Refusal | 'abandoned' | { readonly decidedAt: string }> {
    let decidedAt = '';
    const looked: Loaded[] = [];
    for (const really of step.context.dryRun ? [false] : [false, true]) {
      for (const [index, take] of takes.entries()) {
        for (let tries = 0; ; tries++) {
          if (tries === maxTries) return refuse('TOO_BUSY');
          // What was just looked at is good for the first try: if it moved since, the append conflicts.
          const gate = really && tries === 0 ? looked[index]! : await this.load(take);
          looked[index] = gate;
          if (gate.abandoned.has(step.commandId)) return 'abandoned';
          if (gate.institutionId !== null && gate.institutionId !== step.context.institutionId) return refuse('NOT_FOUND');
          const trace = await this.streams.traceOf(gate, step.commandId);
          if (trace?.ids.includes(eventId(step.commandId, take.stream, 'take', 0))) {
            if (trace.decidedAt > decidedAt) ({ decidedAt } = trace);
            break;
          }
          const decision = take.decide(gate.state, k);
          if (isRefusal(decision)) {
            if (!step.context.dryRun && (await this.freeRivals(take, gate, step.context, step.commandId))) continue;
            return decision;
          }
          if (!really || decision.length === 0) break;
          const result = await this.append(gate, decision, { ...step, k, basis: [], step: 'take' }, take);
          if (result.outcome === 'appended') break;
          await this.pause(tries);
        }
      }
    }
    return { decidedAt };
  }

  /** True where a gate was held by nobody who lives: an attempt of this same command, or a writer that crashed long ago. */
  private async freeRivals(take: Take, gate: Loaded, context: CommandContext, commandId: string): Promise<boolean> {
    const stale = Date.parse(gate.lastRecordedAt) + abandonedAfterMs <= this.runtime.clock.now();
    let freed = false;
    for (const rival of take.rivals(gate.state)) {
      const ours = rival
        .takers(gate.state)
        .every((taker) => taker === context.commandId || taker.startsWith(`${context.commandId}.`));
      if (!ours && !stale) continue;
      const outcome = await this.release(rival, context, commandId);
      // Free without our doing: somebody else may have let it go since it was looked at.
      if (outcome === 'released' || (outcome === 'free' && (await this.load(take)).revision !== gate.revision)) freed = true;
    }
    return freed;
  }

  private async undo<T>(takes: readonly Take[], context: CommandContext, commandId: string, outcome: T): Promise<T> {
    for (const take of takes.toReversed()) {
      const gate = await this.load(take);
      if (take.takers(gate.state).includes(commandId)) await this.release(take, context, commandId);
    }
    return outcome;
  }

  private async releaseAll(takes: readonly Take[], context: CommandContext, commandId: string): Promise<void> {
    for (const take of takes) await this.release(take, context, commandId);
  }

  /**
   * Lets a gate go, unless its owner holds the value. The order is what makes it safe: the gate is read at revision g, then the owner;
   * every taker without events there is fenced there first, so that a stalled writer's append must fail; then the gate is released at exactly g.
   */
  async release(take: Take, context: CommandContext, commandId: string): Promise<'held' | 'free' | 'released'> {
    for (let tries = 0; tries < maxTries; tries++) {
      const gate = await this.load(take);
      const takers = take.takers(gate.state);
      if (takers.length === 0) return 'free';
      const owner = await this.load(take.owner);
      if (take.holds(owner.state)) return 'held';

      const k = this.circumstances({ ...context, actor: system }, commandId, gate, {});
      const fenced = await this.fence(owner, takers, context, k);
      if (fenced) {
        const drop = take.drop(owner.state).decide(gate.state, k);
        if (isRefusal(drop)) throw new Error(`a release was refused: ${drop.refused}`);
        if (drop.length === 0) return 'free';
        const result = await this.append(gate, drop, {
          context: { ...context, actor: system },
          commandId,
          k,
          basis: [{ stream: owner.stream, revision: String(owner.revision) }],
          subjectId: null,
          step: `release@${gate.revision}`,
        });
        if (result.outcome === 'appended') return 'released';
      }
      await this.pause(tries);
    }
    throw new Error(`gate ${take.stream} kept moving; recovery will release it`);
  }

  private async fence(owner: Loaded, takers: readonly string[], context: CommandContext, k: Circumstances): Promise<boolean> {
    let revision = owner.revision;
    for (const taker of takers) {
      if (owner.abandoned.has(taker)) continue;
      const acted = await this.streams.traceOf(owner, taker);
      // What is known of commands is shared, so it may be newer than the state that was seen not to hold the value: look again.
      if (acted && acted.revision > owner.revision) return false;
      if (acted) continue;
      const abandoned: CommandAbandoned = { type: 'CommandAbandoned', data: { commandId: taker } };
      // Its own causing command is the recovery, never the taker: the taker's id must not look like it had acted here.
      const result = await this.append({ ...owner, revision }, [abandoned], {
        context: { ...context, actor: system },
        commandId: `fence-${taker}`,
        k,
        basis: [],
        subjectId: null,
        step: 'fence',
      });
      if (result.outcome === 'conflict') return false;
      revision = result.revision;
    }
    return true;
  }

  /** With the source, what was appended is remembered as a reader would find it, so that nobody reads it back. */
  private async append(at: Loaded, events: readonly DomainEvent[], step: Step, source?: Source): Promise<Appended | Conflict> {
    const encoded: Encoded[] = [];
    for (const event of envelopes(at.stream, events, step)) {
      encoded.push(this.runtime.codec.encodePublic(event) ?? (await this.runtime.codec.encode(event)));
    }
    const result = await this.runtime.store.append(at.stream, at.revision < 0n ? 'none' : at.revision, encoded);
    if (source && result.outcome === 'appended' && !result.repeated && result.recordedAt !== undefined) {
      const { recordedAt } = result;
      const before = BigInt(encoded.length - 1);
      const recorded = encoded.map(({ sealed }, index): Recorded => {
        const back = before - BigInt(index);
        // Made for this append and nobody else's: a copy of every event would cost as much as deciding on it.
        return Object.assign(sealed, { revision: result.revision - back, position: result.position - back, recordedAt });
      });
      this.streams.appended(source, at, recorded);
    }
    return result;
  }

  private async loadFacts(
    sources: readonly (readonly [string, Source])[],
    institutionId: string,
  ): Promise<{ facts: Record<string, unknown>; basis: Envelope['basis'] }> {
    const facts: Record<string, unknown> = {};
    const basis: { stream: string; revision: string }[] = [];
    for (const [name, source] of sources) {
      const loaded = await this.load(source);
      // Another institution's record is no fact here: it reads as if it did not exist.
      const visible = loaded.institutionId === null || loaded.institutionId === institutionId;
      facts[name] = visible ? loaded.state : source.initial;
      if (visible && loaded.revision >= 0n) basis.push({ stream: source.stream, revision: loaded.revision.toString() });
    }
    return { facts, basis };
  }

  private circumstances(
    context: CommandContext,
    commandId: string,
    at: Loaded,
    facts: Record<string, unknown>,
    notBefore = '',
  ): Circumstances {
    let now = instant(this.runtime.clock.now());
    if (at.lastRecordedAt > now) now = at.lastRecordedAt;
    if (notBefore > now) now = notBefore;
    const effectiveAt = context.effectiveAt ?? now;
    return {
      now,
      effectiveAt,
      today: dateIn(now, context.zone),
      effectiveOn: dateIn(effectiveAt, context.zone),
      actor: context.actor,
      commandId,
      commandDigest: context.digest,
      institutionId: context.institutionId,
      facts,
    };
  }

  private pause(tries: number): Promise<void> {
    return this.runtime.timer.sleep(Math.min(100, 2 ** tries) * this.runtime.entropy.random());
  }
}

/** Of its institution alone, unless it is the ledger's own. */
const mayWrite = ({ institutionId }: Loaded, { shared }: Plan, context: CommandContext): boolean =>
  institutionId === null || shared === true || institutionId === context.institutionId;

interface Decided {
  readonly decision: Decision;
  readonly k: Circumstances;
  readonly basis: Envelope['basis'];
}

/** What the events of one append have in common. */
interface Step {
  readonly context: CommandContext;
  readonly commandId: string;
  readonly k: Circumstances;
  readonly basis: Envelope['basis'];
  readonly subjectId: string | null;
  readonly step: string;
}

function envelopes(stream: string, events: readonly DomainEvent[], by: Step): readonly Envelope[] {
  const { context, commandId, k, basis, subjectId, step } = by;
  // What is undefined is no part of the JSON.
  const { onBehalfOf } = context;
  const reason = step === 'own' ? context.reason : undefined;
  return events.map(
    (event, index) =>
      ({
        id: eventId(commandId, stream, step, index),
        type: event.type,
        version: catalog[event.type as LedgerEventType].version,
        stream,
        effectiveAt: effectiveOf(event) ?? k.effectiveAt,
        decidedAt: k.now,
        actor: k.actor,
        onBehalfOf,
        reason,
        commandId,
        commandDigest: context.digest,
        correlationId: context.correlationId,
        causationId: context.causationId,
        institutionId: context.institutionId,
        subjectId,
        basis,
        data: event.data,
      }) as Envelope,
  );
}
