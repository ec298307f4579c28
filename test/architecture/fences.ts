import { posix } from 'node:path';
import ts from 'typescript';

/** A file as the checker sees it: a path from the root, with forward slashes, and its text. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

export type Fence = 'rooms' | 'vendors' | 'nest' | 'sqlite' | 'sql' | 'lost events' | 'barrels' | 'categories';

export interface Breach {
  readonly fence: Fence;
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

// ── rooms ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `specs` may look anywhere: they stand beside what they test, and nothing of them is shipped. */
const isSpec = (path: string): boolean => /\.(spec|fixture)\.ts$/.test(path) || path.startsWith('test/');
const servesHttp = (path: string): boolean => /\.(http|module)\.ts$/.test(path);

/** `libs/contexts/enrollment/gates.ts` is in `contexts/enrollment`; what serves HTTP there is in `contexts/enrollment http`. */
export function roomOf(path: string): string {
  if (isSpec(path)) return 'specs';
  const [top, lib = '', name = ''] = path.split('/');
  if (top !== 'libs') return top ?? '';
  const room = lib === 'contexts' || lib === 'adapters' ? `${lib}/${name}` : lib;
  return servesHttp(path) ? `${room} http` : room;
}

interface Rules {
  /** Rooms that may be imported besides the own one. A file may be named alone. */
  readonly rooms: readonly string[];
  /** Packages, as prefixes of the specifier. */
  readonly vendors: readonly string[];
}

const nest = ['@nestjs/', 'class-validator', 'class-transformer', 'reflect-metadata', 'rxjs'];
const pure = ['kernel', 'events', 'facts'];

const rulesOf = (room: string): Rules | undefined => {
  const [lib = '', rest = ''] = room.split('/');
  if (room === 'specs') return { rooms: ['*'], vendors: ['*'] };
  if (room === 'apps') return { rooms: ['*'], vendors: ['*'] };
  if (lib === 'contexts') {
    // Its own pure files, and the sentences in which all services answer.
    if (rest.endsWith(' http')) {
      return {
        rooms: [...pure, room.replace(' http', ''), 'runtime', 'ports', 'edge', 'read-models', 'projection'],
        vendors: [...nest, 'fastify'],
      };
    }
    return { rooms: pure, vendors: [] };
  }
  if (lib === 'adapters') return { rooms: ['kernel', 'ports'], vendors: ['node:', ...(vendorsOfAdapters[rest] ?? [])] };
  return rules[room];
};

const vendorsOfAdapters: Readonly<Record<string, readonly string[]>> = {
  memory: [],
  sqlite: ['kysely'],
  kurrentdb: ['@eventstore/db-client'],
  kafka: ['kafkajs'],
  postgresql: ['pg', 'kysely'],
};

const rules: Readonly<Record<string, Rules>> = {
  kernel: { rooms: [], vendors: ['node:'] },
  events: { rooms: ['kernel'], vendors: [] },
  facts: { rooms: ['kernel', 'events'], vendors: [] },
  ports: { rooms: ['kernel'], vendors: [] },
  runtime: { rooms: ['kernel', 'events', 'ports'], vendors: ['node:crypto'] },
  'read-models': { rooms: [...pure, 'ports'], vendors: [] },
  projection: { rooms: ['kernel', 'events', 'ports', 'read-models', 'libs/runtime/codec.ts'], vendors: ['node:'] },
  processes: { rooms: [...pure, 'ports'], vendors: [] },
  intake: { rooms: ['kernel'], vendors: ['node:', 'csv-parse', 'csv-stringify', 'iconv-lite'] },
  imports: { rooms: [...pure, 'ports', 'runtime', 'intake', 'contexts/*'], vendors: ['node:'] },
  'imports http': {
    rooms: [...pure, 'ports', 'runtime', 'intake', 'imports', 'edge', 'read-models'],
    vendors: [...nest, 'fastify', '@fastify/multipart', 'node:'],
  },
  exports: { rooms: [...pure, 'ports', 'runtime', 'intake', 'read-models', 'records', 'contexts/*'], vendors: ['node:'] },
  'exports http': {
    rooms: [...pure, 'ports', 'runtime', 'intake', 'exports', 'edge', 'read-models', 'records'],
    vendors: [...nest, 'fastify'],
  },
  print: { rooms: [...pure, 'read-models'], vendors: ['node:', 'pdfkit', 'fontkit'] },
  records: { rooms: [...pure, 'ports', 'runtime', 'read-models', 'projection', 'edge'], vendors: [] },
  'records http': {
    rooms: [...pure, 'ports', 'runtime', 'read-models', 'projection', 'edge', 'records', 'intake', 'print'],
    vendors: [...nest, 'fastify', 'node:'],
  },
  edge: {
    rooms: ['kernel', 'events', 'ports', 'runtime', 'read-models', 'projection', 'edge http'],
    vendors: [...nest, 'node:', 'fastify', '@fastify/', 'jose', 'prom-client'],
  },
  'edge http': {
    rooms: ['kernel', 'events', 'ports', 'runtime', 'read-models', 'projection', 'edge'],
    vendors: [...nest, 'fastify', 'node:'],
  },
};

const allows = (rooms: readonly string[], room: string, path: string): boolean =>
  rooms.some(
    (allowed) =>
      allowed === '*' ||
      allowed === room ||
      allowed === path ||
      (allowed.endsWith('/*') && room.startsWith(allowed.slice(0, -1)) && !room.endsWith(' http')),
  );

// ── what a file imports ────────────────────────────────────────────────────────────────────────────────────────────────────

interface Import {
  readonly specifier: string;
  /** Names taken; `*` for a whole namespace, a dynamic import or a side effect. */
  readonly names: readonly string[];
  readonly line: number;
}

const namesOf = (clause: ts.ImportClause | undefined): readonly string[] => {
  const bindings = clause?.namedBindings;
  if (!clause || !bindings || ts.isNamespaceImport(bindings)) return ['*'];
  return [...(clause.name ? ['default'] : []), ...bindings.elements.map((e) => (e.propertyName ?? e.name).text)];
};

const isImportMetaUrl = (node: ts.Node | undefined): boolean =>
  node !== undefined && ts.isPropertyAccessExpression(node) && ts.isMetaProperty(node.expression) && node.name.text === 'url';

/** Static, type-only, dynamic and re-exporting imports, `import('…')` types, `require`, and workers started by URL. */
export function importsOf(file: ts.SourceFile): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, names: readonly string[]): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    found.push({ specifier: specifier.text, names, line: file.getLineAndCharacterOfPosition(specifier.getStart(file)).line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, namesOf(node.importClause));
    else if (ts.isExportDeclaration(node)) {
      const names =
        node.exportClause && ts.isNamedExports(node.exportClause)
          ? node.exportClause.elements.map((e) => (e.propertyName ?? e.name).text)
          : ['*'];
      add(node.moduleSpecifier, names);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node.moduleReference.expression, ['*']);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, [node.qualifier?.getText(file) ?? '*']);
    } else if (ts.isCallExpression(node)) {
      const callee = node.expression;
      const loads = callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
      if (loads) add(node.arguments[0], ['*']);
    } else if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'URL') {
      const [specifier, base] = node.arguments ?? [];
      if (isImportMetaUrl(base) && specifier && ts.isStringLiteralLike(specifier) && /\.[jt]s$/.test(specifier.text))
        add(specifier, ['*']);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const resolved = (from: string, specifier: string): string => posix.normalize(posix.join(posix.dirname(from), specifier));
const isRelative = (specifier: string): boolean => specifier.startsWith('.') || specifier.startsWith('/');

// ── fences ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const mayUseNest = (path: string): boolean =>
  servesHttp(path) ||
  /\.(http|module)\.spec\.ts$/.test(path) ||
  ['libs/edge/', 'apps/', 'test/'].some((prefix) => path.startsWith(prefix));
const ofNest = ['@nestjs/', 'class-validator', 'class-transformer'];

const mayUseSqlite = (path: string): boolean => path.startsWith('libs/adapters/sqlite/') || path.startsWith('test/');

/** In memory, so that a crash loses what they carry: subscriptions with checkpoints do that work. */
const losesEvents = [
  'AggregateRoot',
  'EventPublisher',
  'EventBus',
  'EventsHandler',
  'IEventHandler',
  'IEventPublisher',
  'Saga',
  'UnhandledExceptionBus',
  '*',
];

/** Capitals or none: a sentence that begins with Select is no query. */
const query = /^\s*(SELECT|select)\s[\s\S]+/;
const statement =
  /^\s*(insert\s+(or\s+\w+\s+)?into\s|update\s+[\w${}]+\s+set\s|delete\s+from\s|create\s+(unique\s+|temp\w*\s+|virtual\s+)?(table|index|view|trigger)\s|alter\s+table\s|drop\s+(table|index|view)\s|pragma\s+\w|begin\s+(immediate|exclusive|deferred)|attach\s+database)/i;
const isSql = (text: string): boolean => query.test(text) || statement.test(text);
const maySpeakSql = (path: string): boolean =>
  ['adapters/', 'read-models'].some((lib) => roomOf(path).startsWith(lib)) || isSpec(path);

/** Categories of streams, those to come included. */
export const categories: readonly string[] =
  'learner enrollment class import claim access program group calendar policy organization opening selection contract placement attempt certificate credit-account teacher framework course scheme credential-type conversion-rule post-map agreement facility activity survey index rebuild parking'.split(
    ' ',
  );

/** Pairs of which a filter by the first one's prefix would also find the second one's streams. */
export const prefixesOfOthers = (names: readonly string[]): readonly (readonly [string, string])[] =>
  names.flatMap((name) =>
    names.filter((other) => other !== name && `${other}-`.startsWith(`${name}-`)).map((other) => [name, other] as const),
  );

/** The category in a template like `learner-${id}` that a `…Stream` function or a `source(…)` builds a stream's name with. */
function categoriesIn(file: ts.SourceFile): readonly { readonly name: string; readonly line: number }[] {
  const found: { name: string; line: number }[] = [];
  const headOf = (node: ts.Node | undefined): void => {
    if (!node || !ts.isTemplateExpression(node)) return;
    const name = /^([a-z]+(?:-[a-z]+)*)-$/.exec(node.head.text)?.[1];
    if (name !== undefined) found.push({ name, line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text.endsWith('Stream')) {
      if (node.initializer && ts.isArrowFunction(node.initializer)) headOf(node.initializer.body);
    } else if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'source') {
      headOf(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function breachesIn({ path, text }: SourceText): readonly Breach[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: Breach[] = [];
  const breach = (fence: Fence, line: number, what: string): void => void found.push({ fence, path, line, what });
  const room = roomOf(path);
  const rule = rulesOf(room);
  if (!rule) breach('rooms', 1, `no room is called ${room}: give it rules in fences.ts`);

  for (const { specifier, names, line } of importsOf(file)) {
    if (isRelative(specifier)) {
      const target = resolved(path, specifier);
      const to = roomOf(target);
      if (rule && to !== room && !allows(rule.rooms, to, target)) breach('rooms', line, `${room} imports ${to} (${target})`);
      continue;
    }
    if (
      rule &&
      !allows(rule.vendors, specifier, specifier) &&
      !rule.vendors.some(
        (vendor) =>
          specifier === vendor || specifier.startsWith(vendor.endsWith('/') || vendor.endsWith(':') ? vendor : `${vendor}/`),
      )
    ) {
      breach('vendors', line, `${room} imports ${specifier}`);
    }
    if (ofNest.some((prefix) => specifier.startsWith(prefix)) && !mayUseNest(path)) breach('nest', line, specifier);
    if (specifier === 'node:sqlite' && !mayUseSqlite(path)) breach('sqlite', line, specifier);
    if (specifier === '@nestjs/cqrs') {
      for (const name of names) if (losesEvents.includes(name)) breach('lost events', line, name);
    }
  }

  if (!maySpeakSql(path)) {
    const visit = (node: ts.Node): void => {
      const literal = ts.isStringLiteralLike(node)
        ? node.text
        : ts.isTemplateExpression(node)
          ? node.head.text + node.templateSpans.map((s) => `\${x}${s.literal.text}`).join('')
          : undefined;
      if (literal !== undefined && isSql(literal)) {
        breach('sql', file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1, literal.trim().slice(0, 60));
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }

  if (path.startsWith('libs/')) {
    for (const { name, line } of categoriesIn(file)) {
      if (!categories.includes(name)) breach('categories', line, `${name}- is not listed in fences.ts`);
    }
    const inside = path.split('/').length > 3;
    if (posix.basename(path) === 'index.ts' && inside) breach('barrels', 1, 'an index.ts inside a lib');
  }
  return found;
}

/** Every breach in these files. Two barrels in one lib cannot be: only `libs/<lib>/index.ts` is none inside. */
export const breaches = (files: readonly SourceText[]): readonly Breach[] => files.flatMap(breachesIn);
