import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { breaches, categories, prefixesOfOthers, roomOf, type Breach, type Fence } from './fences.ts';

const root = join(import.meta.dirname, '../..');
const files = ['libs', 'apps', 'test'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const full = join(entry.parentPath, entry.name);
      return { path: full.slice(root.length + 1).replaceAll(sep, '/'), text: readFileSync(full, 'utf8') };
    }),
);

/** Known breaches, each with its reason. One that is mended must leave this list. */
const tolerated: Readonly<Record<string, string>> = {
  'sql: libs/projection/generations.ts':
    'the engine keeps its checkpoints and generations in the read store, in the transaction of the rows',
  'sql: libs/projection/parking.ts': 'which fold keys of which view stand still, beside its checkpoint',
  'sql: libs/projection/outcomes.ts': 'how the last rebuild of a view ended, in the transaction that ends it',
  'sql: libs/projection/kept-builds.ts': 'which generations hold which moment of the past, beside their rows',
  'sql: libs/projection/digest.ts': 'a digest is taken over whole tables, whichever view they belong to',
};

const found = breaches(files);
const named = ({ fence, path, what }: Breach): string => `${fence}: ${path}: ${what}`;

describe('the tree', () => {
  it('has files to look at', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.map(({ path }) => path)).toContain('libs/kernel/decider.ts');
  });

  it('keeps within its fences', () => {
    const breached = found.filter(({ fence, path }) => tolerated[`${fence}: ${path}`] === undefined);
    expect(breached.map(named)).toEqual([]);
  });

  it('tolerates nothing that was mended', () => {
    const still = new Set(found.map(({ fence, path }) => `${fence}: ${path}`));
    expect(Object.keys(tolerated).filter((known) => !still.has(known))).toEqual([]);
  });

  it('has no category of streams that is a prefix of another', () => {
    expect(prefixesOfOthers(categories)).toEqual([]);
    expect(prefixesOfOthers(['credential', 'credential-type', 'class'])).toEqual([['credential', 'credential-type']]);
  });
});

/** One planted violation for every fence and every way of importing: a fence that catches nothing is decoration. */
const planted: readonly [fence: Fence, path: string, text: string][] = [
  ['rooms', 'libs/kernel/x.ts', `import { catalog } from '../events/events.ts';`],
  ['rooms', 'libs/kernel/x.ts', `import type { KeyVault } from '../ports/key-vault.ts';`],
  ['rooms', 'libs/kernel/x.ts', `export const late = () => import('../runtime/codec.ts');`],
  ['rooms', 'libs/kernel/x.ts', `export type V = import('../ports/key-vault.ts').KeyVault;`],
  ['rooms', 'libs/kernel/x.ts', `export { catalog } from '../events/events.ts';`],
  ['rooms', 'libs/kernel/x.ts', `export * from '../events/events.ts';`],
  ['rooms', 'libs/kernel/x.ts', `const x = require('../events/events.ts');`],
  ['rooms', 'libs/ports/x.ts', `new Worker(new URL('../runtime/codec.ts', import.meta.url));`],
  ['rooms', 'libs/events/x.ts', `import { f } from '../facts/reference.ts';`],
  ['rooms', 'libs/events/catalog/x.ts', `import { f } from '../../contexts/enrollment/enrollment.ts';`],
  ['rooms', 'libs/facts/x.ts', `import { f } from '../contexts/enrollment/enrollment.ts';`],
  ['rooms', 'libs/ports/x.ts', `import type { E } from '../events/events.ts';`],
  ['rooms', 'libs/contexts/enrollment/x.ts', `import { program } from '../curriculum/curriculum.ts';`],
  ['rooms', 'libs/contexts/enrollment/x.http.ts', `import { program } from '../curriculum/curriculum.ts';`],
  ['rooms', 'libs/contexts/enrollment/x.ts', `import type { Transactor } from '../../runtime/transact.ts';`],
  ['rooms', 'libs/contexts/enrollment/x.ts', `import { auth } from '../../edge/auth.ts';`],
  ['rooms', 'libs/contexts/enrollment/x.ts', `import { Controller } from './enrollment.http.ts';`],
  ['rooms', 'libs/contexts/enrollment/x.http.ts', `import { Store } from '../../adapters/memory/event-store.ts';`],
  ['rooms', 'libs/runtime/x.ts', `import { learner } from '../contexts/enrollment/learner.ts';`],
  ['rooms', 'libs/runtime/x.ts', `import { Store } from '../adapters/memory/event-store.ts';`],
  ['rooms', 'libs/read-models/x.ts', `import { Codec } from '../runtime/codec.ts';`],
  ['rooms', 'libs/read-models/x.ts', `import { enrollment } from '../contexts/enrollment/enrollment.ts';`],
  ['rooms', 'libs/projection/x.ts', `import { Transactor } from '../runtime/transact.ts';`],
  ['rooms', 'libs/adapters/sqlite/x.ts', `import { Store } from '../memory/event-store.ts';`],
  ['rooms', 'libs/adapters/memory/x.ts', `import { seal } from '../../runtime/seal.ts';`],
  ['rooms', 'libs/intake/x.ts', `import { planLearner } from '../contexts/enrollment/plans.ts';`],
  ['rooms', 'libs/processes/x.ts', `import { Transactor } from '../runtime/transact.ts';`],
  ['rooms', 'libs/edge/x.ts', `import { enrollment } from '../contexts/enrollment/enrollment.ts';`],
  ['rooms', 'libs/imports/x.ts', `import { Controller } from '../contexts/enrollment/enrollment.http.ts';`],
  ['rooms', 'libs/edge/x.ts', `import { start } from '../../apps/ledger/ledger.ts';`],
  ['rooms', 'libs/kernel/x.ts', `import { given } from '../../test/support/given.ts';`],
  ['rooms', 'libs/novelty/x.ts', `export const x = 1;`],
  ['vendors', 'libs/kernel/x.ts', `import fc from 'fast-check';`],
  ['vendors', 'libs/ports/x.ts', `import { readFileSync } from 'node:fs';`],
  ['vendors', 'libs/contexts/enrollment/x.ts', `import { randomUUID } from 'node:crypto';`],
  ['vendors', 'libs/read-models/x.ts', `import { Kysely } from 'kysely';`],
  ['vendors', 'libs/adapters/sqlite/x.ts', `import { Kafka } from 'kafkajs';`],
  ['vendors', 'libs/runtime/x.ts', `import { EventStoreDBClient } from '@eventstore/db-client';`],
  ['vendors', 'libs/adapters/postgresql/x.ts', `import x from 'pg-boss';`],
  ['nest', 'libs/contexts/enrollment/x.ts', `import { Injectable } from '@nestjs/common';`],
  ['nest', 'libs/runtime/x.ts', `import type { INestApplication } from '@nestjs/common';`],
  ['nest', 'libs/intake/x.ts', `import { IsString } from 'class-validator';`],
  ['nest', 'libs/kernel/x.spec.ts', `import { Test } from '@nestjs/testing';`],
  ['sqlite', 'libs/read-models/x.ts', `import { DatabaseSync } from 'node:sqlite';`],
  ['sqlite', 'libs/projection/x.spec.ts', `import { DatabaseSync } from 'node:sqlite';`],
  ['sqlite', 'apps/ledger/x.ts', `const { DatabaseSync } = await import('node:sqlite');`],
  ['sql', 'libs/contexts/enrollment/x.http.ts', 'export const q = `SELECT * FROM ${table} WHERE id = ?`;'],
  ['sql', 'libs/edge/x.ts', `db.run('insert into log values (1)');`],
  ['sql', 'libs/runtime/x.ts', 'db.run(`\n  UPDATE learner SET name = ?`);'],
  ['sql', 'apps/cli/x.ts', `db.exec('PRAGMA wal_checkpoint(TRUNCATE)');`],
  ['sql', 'libs/edge/x.ts', 'db.exec(`CREATE TABLE x_${y} (id TEXT)`);'],
  ['lost events', 'libs/contexts/enrollment/x.module.ts', `import { AggregateRoot } from '@nestjs/cqrs';`],
  ['lost events', 'libs/contexts/enrollment/x.module.ts', `import { EventBus as Bus } from '@nestjs/cqrs';`],
  ['lost events', 'libs/edge/x.ts', `import { CommandBus, type EventPublisher } from '@nestjs/cqrs';`],
  ['lost events', 'apps/ledger/x.ts', `import { Saga } from '@nestjs/cqrs';`],
  ['lost events', 'apps/ledger/x.ts', `import * as cqrs from '@nestjs/cqrs';`],
  ['lost events', 'apps/ledger/x.ts', `const { EventBus } = await import('@nestjs/cqrs');`],
  ['barrels', 'libs/contexts/enrollment/index.ts', `export const x = 1;`],
  ['categories', 'libs/facts/x.ts', 'export const creditStream = (id: string): string => `credential-${id}`;'],
  ['categories', 'libs/facts/x.ts', 'export const f = (id: string) => source(`learner-note-${id}`, { initial: null, evolve });'],
];

describe('a planted violation is caught', () => {
  it.each(planted)('%s: %s: %s', (fence, path, text) => {
    const caught = breaches([{ path, text }]).map((breach) => breach.fence);
    expect(caught).toContain(fence);
  });

  it('for every fence', () => {
    const fences: readonly Fence[] = ['rooms', 'vendors', 'nest', 'sqlite', 'sql', 'lost events', 'barrels', 'categories'];
    expect([...new Set(planted.map(([fence]) => fence))].toSorted()).toEqual(fences.toSorted());
  });
});

const allowed: readonly [path: string, text: string][] = [
  ['libs/kernel/x.ts', `import { createHash } from 'node:crypto'; import { refuse } from './refusal.ts';`],
  ['libs/contexts/enrollment/x.ts', `import { f } from '../../facts/reference.ts'; import { g } from './gates.ts';`],
  [
    'libs/contexts/enrollment/x.http.ts',
    `import { Controller } from '@nestjs/common'; import { enrollment } from './enrollment.ts';`,
  ],
  ['libs/contexts/enrollment/x.module.ts', `import { CommandBus, CommandHandler, QueryBus, CqrsModule } from '@nestjs/cqrs';`],
  [
    'libs/contexts/enrollment/x.spec.ts',
    `import { given } from '../../../test/support/given.ts'; import { x } from '../curriculum/curriculum.ts';`,
  ],
  ['libs/projection/x.ts', `import type { Codec } from '../runtime/codec.ts';`],
  ['libs/read-models/x.ts', 'export const q = `SELECT * FROM x_$g`;'],
  ['libs/adapters/sqlite/x.ts', `import { DatabaseSync } from 'node:sqlite';`],
  ['libs/kernel/index.ts', `export const x = 1;`],
  ['libs/edge/x.ts', `export const text = 'Select the rows from the sheet'; export const other = 'Update the policy first';`],
  ['apps/ledger/x.ts', `import { Store } from '../../libs/adapters/sqlite/event-store.ts';`],
];

it.each(allowed)('leaves alone what is right: %s', (path, text) => {
  expect(breaches([{ path, text }]).map(named)).toEqual([]);
});

it('knows the rooms', () => {
  expect(
    [
      'libs/contexts/enrollment/x.ts',
      'libs/contexts/enrollment/x.http.ts',
      'libs/adapters/sqlite/x.ts',
      'libs/kernel/x.spec.ts',
      'apps/cli/main.ts',
    ].map(roomOf),
  ).toEqual(['contexts/enrollment', 'contexts/enrollment http', 'adapters/sqlite', 'specs', 'apps']);
});
