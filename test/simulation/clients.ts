import { isRefusal } from '../../libs/kernel/refusal.ts';
import type { Timer } from '../../libs/ports/clock.ts';
import type { Ground } from './ground.ts';
import type { Intent, Office, Order } from './orders.ts';
import { faultKinds, wiredTimer } from './ports.ts';
import { Stuck, type Life } from './scheduler.ts';
import type { Heard, Server } from './server.ts';

const patienceMs = 25_000;

/** The clients: each works through a script, retries what got lost under the same key, and now and then gives up without ever learning. */
export class Clients {
  /** How many are still at work. */
  busy = 0;
  readonly #ground: Ground;
  readonly #office: Office;
  readonly #servers: readonly Server[];

  constructor(ground: Ground, office: Office, servers: readonly Server[]) {
    this.#ground = ground;
    this.#office = office;
    this.#servers = servers;
  }

  begin(script: readonly Intent[]): void {
    const { clients } = this.#office;
    clients.forEach((name, who) => {
      const intents = script.filter(([by]) => by % clients.length === who);
      if (intents.length === 0) return;
      this.busy++;
      const life: Life = { name, alive: true };
      void this.#work(life, who, intents)
        .catch((error: unknown) => this.#ground.fail(error as Error))
        .finally(() => {
          this.busy--;
        });
    });
  }

  async #work(life: Life, who: number, intents: readonly Intent[]): Promise<void> {
    const timer = wiredTimer(this.#ground.scheduler, life);
    for (const [index, intent] of intents.entries()) {
      this.#pass(this.#office.days?.(intent) ?? 0);
      const orders = this.#office.orders(`c${who}${String(index).padStart(3, '0')}`, intent);
      if (orders.length === 0) continue;
      await Promise.all(orders.map((order) => this.#pursue(order, life, timer, intent[4] % 9 === 8)));
      await timer.sleep(intent[4] % 4 === 0 ? 4_000 : 40);
    }
  }

  /** Everybody's time: whatever waited for less has waited enough. */
  #pass(days: number): void {
    if (days === 0) return;
    const { scheduler, tally } = this.#ground;
    this.#ground.tell(() => `  ${days} days pass`);
    tally.add('days', days);
    scheduler.now += days * 86_400_000;
  }

  async #pursue(order: Order, life: Life, timer: Timer, givesUp: boolean): Promise<void> {
    const { books, tally } = this.#ground;
    books.expect(order.key, order.about);
    tally.add('commands');
    tally.add(`order ${order.what}`);
    const from = books.head;
    for (let delivery = 0; delivery < 40; delivery++) {
      if (delivery > 0) tally.add('retries');
      const enough = new AbortController();
      const heard = await Promise.race([
        this.#send(order, delivery, from, life),
        timer.sleep(patienceMs * 2 ** Math.min(delivery, 6), enough.signal).then((): Heard => 'lost'),
      ]);
      // A reason of our own: the usual one is an error with a stack, made for nobody.
      enough.abort('answered');
      if (heard !== 'lost' && !(isRefusal(heard.answer) && heard.answer.refused === 'TOO_BUSY')) return;
      if (givesUp && delivery > 0) return tally.add('given up');
      await timer.sleep(200 * 2 ** Math.min(delivery, 7));
    }
    throw new Stuck(`${order.what} under ${order.key} was sent 40 times and never answered`);
  }

  #send(order: Order, delivery: number, from: bigint, life: Life): Promise<Heard> {
    const { promise, resolve } = Promise.withResolvers<Heard>();
    const { scheduler, adversary, tally } = this.#ground;
    const who = Number(order.key[1]) + delivery;
    const server = (n: number): Server => this.#servers[n % this.#servers.length]!;
    scheduler.post(
      life,
      () => `${life.name} sends ${order.what} (${order.key}, delivery ${delivery + 1})`,
      () => {
        const drawn = adversary.active ? adversary.dice.next() : 0;
        const fault = drawn === 0 ? null : faultKinds[(drawn - 1) % faultKinds.length]!;
        if (fault !== 'request-lost' && fault !== 'answer-lost' && fault !== 'duplicate') {
          return server(who).serve(order, delivery, from, (heard) => this.#tell(life, order, heard, resolve));
        }
        adversary.count(fault);
        tally.add(`client: ${fault}`);
        if (fault === 'request-lost') return resolve('lost');
        server(who).serve(order, delivery, from, (heard) => {
          if (fault === 'duplicate') this.#tell(life, order, heard, resolve);
        });
        // The same request once more, at the same moment, wherever it lands.
        if (fault === 'duplicate') server(who + 1).serve(order, delivery, from, () => {});
      },
    );
    return promise;
  }

  #tell(life: Life, order: Order, heard: Heard, resolve: (heard: Heard) => void): void {
    this.#ground.scheduler.post(
      life,
      () => `${life.name} hears of ${order.key}: ${told(heard)}`,
      () => resolve(heard),
    );
  }
}

const told = (heard: Heard): string => {
  if (heard === 'lost') return 'nothing';
  const { answer } = heard;
  if (isRefusal(answer)) return `${answer.refused} ${JSON.stringify(answer.facts)}`;
  return `${answer.events.join(', ') || 'nothing to do'}${answer.repeated ? ' (again)' : ''}`;
};
