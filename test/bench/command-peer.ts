// The peers over HTTP: a Nest-Fastify handler that takes the same request and does nothing, or hands it to Emmett's own command handler.
// No token is checked, nothing is validated, no Idempotency-Key is kept: what it costs to be asked, and to be asked and store.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Body, Controller, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { queue, type EmmettCore, type EmmettMessage, type EmmettRead } from './contenders/emmett.ts';
import * as postgresql from './contenders/emmett-postgresql.ts';
import * as sqlite from './contenders/emmett-sqlite.ts';
import { peer } from './peers.ts';

const [contender = 'raw', folder = '', database = ''] = process.argv.slice(2);

type Take = (id: string, what: string, body: object) => Promise<object>;

type Status = 'registered' | 'suspended';

/** One decision of ours, without its facts: who is suspended cannot be suspended again. */
function decide(status: Status, id: string, what: string, body: object): EmmettMessage {
  const type = what === 'suspend' ? 'StudySuspended' : 'StudyResumed';
  if ((status === 'suspended') === (what === 'suspend')) throw new Error(`${id} is ${status}`);
  const now = new Date().toISOString();
  const metadata = {
    messageId: randomUUID(),
    version: 1,
    stream: `enrollment-${id}`,
    effectiveAt: now,
    decidedAt: now,
    recordedAt: now,
    actor: { personId: 'registrar-1', role: 'registrar', organizationId: null },
    institutionId: 'college',
    subjectId: id,
    basis: [],
  };
  return { type, data: body, metadata };
}

async function takeOf(): Promise<Take> {
  if (contender === 'raw') return async () => ({ done: true });
  const place = { folder, database: database === '' ? null : database };
  const store = contender === 'emmett-sqlite' ? (await sqlite.openStore(place, 'FULL')).store : await postgresql.openStore(place);
  const handle = peer<EmmettCore>('@event-driven-io/emmett').CommandHandler<Status>({
    initialState: () => 'registered',
    evolve: (_status, { type }: EmmettRead) => (type === 'StudySuspended' ? 'suspended' : 'registered'),
  });
  const alone = contender === 'emmett-sqlite' ? queue() : <T>(work: () => Promise<T>): Promise<T> => work();
  return async (id, what, body) => {
    await alone(() => handle(store, `enrollment-${id}`, (status) => decide(status, id, what, body)));
    return { enrollmentId: id, events: [what] };
  };
}

const takeIt = await takeOf();

class Handler {
  take(id: string, what: string, body: object): Promise<object> {
    return takeIt(id, what, body);
  }
}

// Decorators by hand: Node strips types, and decorators are none.
const handler = Object.getOwnPropertyDescriptor(Handler.prototype, 'take')!;
Param('id')(Handler.prototype, 'take', 0);
Param('what')(Handler.prototype, 'take', 1);
Body()(Handler.prototype, 'take', 2);
Post(':id/:what')(Handler.prototype, 'take', handler);
Controller('v1/enrollments')(Handler);

// oxlint-disable-next-line typescript/no-extraneous-class -- a Nest module is a class
class Peer {}
Module({ controllers: [Handler] })(Peer);

const app = await NestFactory.create<NestFastifyApplication>(Peer, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
console.log(await app.getUrl());
