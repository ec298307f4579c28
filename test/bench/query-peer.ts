// The peers of a transcript's page: a Nest-Fastify handler that reads the rows of one learner by the driver that its contender uses, and says them.
// No token, no names, no credits or averages, nothing looked up in the log: what it costs to be asked and to read.
import 'reflect-metadata';
import { DatabaseSync } from 'node:sqlite';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { entriesTable, rowsOverPostgres, rowsOverSqlite3 } from './query-rows.ts';

const [contender = 'raw', folder = '', database = ''] = process.argv.slice(2);

type Rows = (learnerId: string) => Promise<readonly { readonly entry: string }[]>;

async function rowsOf(): Promise<Rows> {
  if (contender === 'emmett-postgresql') return rowsOverPostgres(database);
  const { path, table } = entriesTable(folder);
  const sql = `SELECT entry FROM ${table} WHERE learner_id = ? AND institution_id = 'college'`;
  if (contender === 'emmett-sqlite') return rowsOverSqlite3(path, sql);
  const rows = new DatabaseSync(path, { readOnly: true }).prepare(sql);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the SELECT lists them
  return async (learnerId) => rows.all(learnerId) as unknown as { entry: string }[];
}

const rows = await rowsOf();

class Handler {
  async read(learnerId: string): Promise<object> {
    const attempts = (await rows(learnerId)).map(({ entry }): unknown => JSON.parse(entry));
    return { learnerId, enrollments: [{ transcript: { attempts } }] };
  }
}

// Decorators by hand: Node strips types, and decorators are none.
const handler = Object.getOwnPropertyDescriptor(Handler.prototype, 'read')!;
Param('id')(Handler.prototype, 'read', 0);
Get(':id/transcript')(Handler.prototype, 'read', handler);
Controller('v1/learners')(Handler);

// oxlint-disable-next-line typescript/no-extraneous-class -- a Nest module is a class
class Peer {}
Module({ controllers: [Handler] })(Peer);

const app = await NestFactory.create<NestFastifyApplication>(Peer, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
console.log(await app.getUrl());
