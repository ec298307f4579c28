import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Parts, RebuildGauge } from './parts.ts';

/** Seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Answers of one operation with one status. */
interface Answers {
  readonly labels: string;
  readonly buckets: Float64Array;
  sum: number;
}

/**
 * What Prometheus reads. Labels are operations and codes, never ids. What every answer counts is counted here and written out when asked:
 * the client's histogram takes as long as a decision does.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly answers = new Map<string, Map<number, Answers>>();
  private readonly commands = new Map<string, { readonly labels: string; count: number }>();

  constructor(parts: Parts) {
    collectDefaultMetrics({ register: this.registry });
    const head = new Gauge({
      name: 'ledger_log_position',
      help: 'Position of the last event of the log',
      registers: [],
      async collect() {
        this.set(Number(await parts.store.head()));
      },
    });
    const position = new Gauge({
      name: 'ledger_view_position',
      help: 'Position up to which a view has folded the log',
      labelNames: ['view'],
      registers: [],
      collect() {
        for (const view of parts.views.status()) this.set({ view: view.name }, Number(view.position));
      },
    });
    const lag = new Gauge({
      name: 'ledger_view_lag_events',
      help: 'Events of the log that a view has not folded yet',
      labelNames: ['view'],
      registers: [],
      async collect() {
        const last = await parts.store.head();
        for (const view of parts.views.status()) this.set({ view: view.name }, Math.max(0, Number(last - view.position)));
      },
    });
    const stopped = new Gauge({
      name: 'ledger_view_stopped',
      help: 'Whether a view stands before an event that it cannot fold',
      labelNames: ['view'],
      registers: [],
      collect() {
        for (const status of parts.views.status()) this.set({ view: status.name }, status.state === 'stopped' ? 1 : 0);
      },
    });
    const parked = new Gauge({
      name: 'ledger_view_parked_keys',
      help: 'Fold keys of a view that stand before an event that cannot be folded',
      labelNames: ['view'],
      registers: [],
      collect() {
        for (const status of parts.views.status()) this.set({ view: status.name }, status.parked);
      },
    });
    const failing = new Gauge({
      name: 'ledger_view_failing_position',
      help: 'First event that a view cannot fold, as its position, by its type and what failed where; released: left out until a rebuild',
      labelNames: ['view', 'type', 'error', 'released'],
      registers: [],
      async collect() {
        this.reset();
        // While nobody folds, nothing is known.
        for (const { name: view, stoppedAt, parkedKeys } of await parts.views.details().catch(() => [])) {
          const standing = stoppedAt && { ...stoppedAt, released: false };
          // The last one said stays, and that is the first in the log.
          for (const { type, error, released, position: at } of [...(standing ? [standing] : []), ...parkedKeys].toReversed())
            this.set({ view, type, error, released: String(released) }, Number(at));
        }
      },
    });
    const ofRebuilds = (name: string, help: string, value: (gauge: RebuildGauge) => number | null): Gauge<'view'> =>
      new Gauge({
        name: `ledger_view_rebuild_${name}`,
        help,
        labelNames: ['view'],
        registers: [],
        collect() {
          for (const gauge of parts.rebuilds.gauges()) {
            const told = value(gauge);
            if (told === null) this.remove({ view: gauge.view });
            else this.set({ view: gauge.view }, told);
          }
        },
      });
    const states = { idle: 0, running: 1, paused: 2 };
    const rebuilds = [
      ofRebuilds('state', 'Rebuild of a view: 0 none, 1 running, 2 paused', ({ status }) => states[status]),
      ofRebuilds('progress_ratio', 'Share of the log that a rebuild has folded', ({ pace }) =>
        pace && pace.head > 0n ? Number(pace.done) / Number(pace.head) : null,
      ),
      ofRebuilds(
        'events_per_second',
        'Events of the log that a rebuild passes in a second',
        ({ pace }) => pace && pace.perSecond,
      ),
      ofRebuilds('last_duration_seconds', 'Time that the last finished rebuild took', ({ lastSeconds }) => lastSeconds),
      ofRebuilds('failed', 'Whether the last rebuild failed', ({ failed }) => (failed ? 1 : 0)),
    ];
    for (const gauge of [head, position, lag, stopped, parked, failing, ...rebuilds]) this.registry.registerMetric(gauge);
  }

  answered(operation: string, status: number, seconds: number): void {
    let byStatus = this.answers.get(operation);
    if (!byStatus) this.answers.set(operation, (byStatus = new Map()));
    let answers = byStatus.get(status);
    if (!answers) {
      answers = { labels: `operation="${operation}",status="${status}"`, buckets: new Float64Array(bounds.length + 1), sum: 0 };
      byStatus.set(status, answers);
    }
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
    answers.buckets[bucket]! += 1;
    answers.sum += seconds;
  }

  commanded(command: string, outcome: string): void {
    const key = `${command} ${outcome}`;
    const known = this.commands.get(key);
    if (known) known.count += 1;
    else this.commands.set(key, { labels: `command="${command}",outcome="${outcome}"`, count: 1 });
  }

  readonly contentType = this.registry.contentType;

  async text(): Promise<string> {
    return `${await this.registry.metrics()}\n${this.latencies()}\n${this.outcomes()}`;
  }

  private latencies(): string {
    const name = 'ledger_http_request_duration_seconds';
    const lines = [`# HELP ${name} Time to answer, by operation and status`, `# TYPE ${name} histogram`];
    for (const { labels, buckets, sum } of [...this.answers.values()].flatMap((byStatus) => [...byStatus.values()])) {
      let count = 0;
      buckets.forEach((n, i) => {
        count += n;
        lines.push(`${name}_bucket{${labels},le="${bounds[i] ?? '+Inf'}"} ${count}`);
      });
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
    }
    return `${lines.join('\n')}\n`;
  }

  private outcomes(): string {
    const name = 'ledger_commands_total';
    const help = 'Commands by type and outcome: done, repeated, unchanged, or the code of the refusal';
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} counter`];
    for (const { labels, count } of this.commands.values()) lines.push(`${name}{${labels}} ${count}`);
    return `${lines.join('\n')}\n`;
  }
}
