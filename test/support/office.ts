import { setTimeout as wait } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { residentId } from '../../libs/intake/sheets.fixture.ts';
import { crashWhileStarting, startServer, type Environment, type Server } from './process.ts';

/** A server that dies and comes back on the same folder. Whoever asks while it is away waits. */
export class Site {
  readonly folder: string;
  readonly #env: Environment;
  #server: Promise<Server>;

  constructor(folder: string, env: Environment = {}) {
    this.folder = folder;
    this.#env = env;
    this.#server = startServer(folder, env);
    this.#server.catch(() => undefined);
  }

  get server(): Promise<Server> {
    return this.#server;
  }

  /** kill -9 now, perhaps again on the way up, and a fresh start. */
  crash(whileStartingMs: number | null): Promise<Server> {
    const last = this.#server;
    this.#server = (async () => {
      await (await last).crash();
      if (whileStartingMs !== null) await crashWhileStarting(this.folder, whileStartingMs);
      return startServer(this.folder, this.#env);
    })();
    this.#server.catch(() => undefined);
    return this.#server;
  }
}

/** A command that somebody sends until she is answered. */
export interface Order {
  readonly path: string;
  readonly body: object;
  readonly key: string;
  /** The same at every delivery: it is how the log tells what this order did. */
  readonly correlationId: string;
  readonly about: 'learner' | 'enrollment' | null;
  deliveries: number;
  answer: Answer | null;
}

export interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test reads out of it is what it checks
  readonly body: any;
}

/** One registrar, with a token that outlives every crash: its key is in the folder. */
export class Clerk {
  readonly orders: Order[] = [];
  readonly #site: Site;
  readonly #sub: string;
  #token: string | null = null;

  constructor(site: Site, sub: string) {
    this.#site = site;
    this.#sub = sub;
  }

  order(path: string, body: object, about: Order['about']): Order {
    const order: Order = {
      path,
      body,
      key: randomUUID(),
      correlationId: randomUUID(),
      about,
      deliveries: 0,
      answer: null,
    };
    this.orders.push(order);
    return order;
  }

  /** Sends with the same key until there is an answer that says what became of it. */
  async insist(path: string, body: object, about: Order['about']): Promise<Answer> {
    const order = this.order(path, body, about);
    for (;;) {
      const answer = await this.deliver(order);
      if (answer && answer.status < 500) return (order.answer = answer);
      await wait(20);
    }
  }

  /** One delivery; null where the connection or the server died over it. */
  async deliver(order: Order): Promise<Answer | null> {
    const server = await this.#site.server;
    this.#token ??= await server.token({ role: 'registrar', sub: this.#sub });
    order.deliveries++;
    try {
      const response = await fetch(`${server.url}${order.path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#token}`,
          'content-type': 'application/json',
          'accept-language': 'en',
          'idempotency-key': order.key,
          'x-correlation-id': order.correlationId,
        },
        body: JSON.stringify(order.body),
      });
      return { status: response.status, body: await response.json() };
    } catch {
      return null;
    }
  }
}

export const surnames = '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗';

/** A person of her own for every n up to 9,989,001: born between 2005 and 2008, with an id number that checks. */
export const personOf = (n: number): { name: string; idNumber: string } => {
  const order = String((n % 999) + 1).padStart(3, '0');
  const day = Math.floor(n / 999);
  const birth = new Date(Date.UTC(2005, 0, 1 + (day % 1400))).toISOString().slice(0, 10).replaceAll('-', '');
  const area = String(110_101 + Math.floor(day / 1400));
  return {
    name: `${surnames[n % surnames.length]}${String.fromCodePoint(0x4e00 + (n % 5000))}`,
    idNumber: residentId(birth, order, area),
  };
};
