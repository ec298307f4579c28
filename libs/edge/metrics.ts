import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EdgeRequest, Parts } from './parts.ts';

/** What Prometheus reads. Labels are route templates and codes, never ids. */
export class Metrics {
  readonly registry = new Registry();
  private readonly latency: Histogram<'operation' | 'status'>;
  private readonly commands: Counter<'command' | 'outcome'>;
  /** Looked up per request: finding a series by its labels costs more than counting. */
  private readonly timers = new Map<string, Histogram.Internal<'operation' | 'status'>>();
  private readonly counters = new Map<string, Counter.Internal>();

  constructor(parts: Parts) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.latency = new Histogram({
      name: 'ledger_http_request_duration_seconds',
      help: 'Time to answer, by operation and status',
      labelNames: ['operation', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
    this.commands = new Counter({
      name: 'ledger_commands_total',
      help: 'Commands by type and outcome: done, repeated, unchanged, or the code of the refusal',
      labelNames: ['command', 'outcome'],
      registers,
    });
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
    for (const gauge of [head, position, lag, stopped]) this.registry.registerMetric(gauge);
  }

  answered(request: EdgeRequest, status: number, seconds: number): void {
    const operation = request.operation ?? 'none';
    const key = `${operation} ${status}`;
    let timer = this.timers.get(key);
    if (!timer) this.timers.set(key, (timer = this.latency.labels({ operation, status: String(status) })));
    timer.observe(seconds);
  }

  commanded(command: string, outcome: string): void {
    const key = `${command} ${outcome}`;
    let counter = this.counters.get(key);
    if (!counter) this.counters.set(key, (counter = this.commands.labels({ command, outcome })));
    counter.inc();
  }
}
