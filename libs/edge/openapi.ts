import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { catalog, type LedgerEventType } from '../events/events.ts';
import type { Bilingual } from '../kernel/bilingual.ts';
import { entry } from '../kernel/same.ts';
import { fill } from '../kernel/bilingual.ts';
import type { CommandFacts } from '../kernel/commands.ts';
import { commonRefusals } from '../kernel/refusals.ts';
import { documentedFields } from './fields.ts';
import { policies, type Policy } from './policy.ts';
import { problemStatus, problemText, type EdgeCode, type ProblemCode } from './problem.ts';

/** What the description takes from elsewhere, by operation. */
export interface Described {
  /** The command tables of the contexts. */
  readonly commands: Readonly<Record<string, CommandFacts>>;
  /** What queries are called, and what they answer. */
  readonly queries: Readonly<Record<string, Answered>>;
}

export interface Answered {
  readonly title: Bilingual;
  /** A response as it looks; `orNull` marks what may be null. Its schema is read off it. */
  readonly example: unknown;
  readonly mediaType?: string;
  /** 202 of what is carried out afterwards. */
  readonly status?: 202;
  readonly refusals?: readonly ProblemCode[];
}

/** An example of something that may be null. */
export class OrNull {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}
export const orNull = (value: unknown): OrNull => new OrNull(value);

type Json = Record<string, unknown>;
interface Operation extends Json {
  operationId: string;
  parameters?: Json[];
  responses: Record<string, Json>;
}

const anyRequest: readonly EdgeCode[] = ['REQUEST_TIMEOUT', 'INTERNAL', 'SHUTTING_DOWN'];
const withToken: readonly EdgeCode[] = [
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'ISSUER_UNREACHABLE',
  'INSTITUTION_UNKNOWN',
  'ROLE_NOT_ALLOWED',
];
const withBody: readonly EdgeCode[] = ['VALIDATION_FAILED', 'MALFORMED_JSON', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'];
const anyCommand: readonly ProblemCode[] = [
  ...withBody,
  'IDEMPOTENCY_KEY_MISSING',
  'IDEMPOTENCY_KEY_INVALID',
  'IF_MATCH_INVALID',
  'STORAGE_FULL',
  ...commonRefusals,
];
const anyQuery: readonly EdgeCode[] = ['VALIDATION_FAILED', 'WAIT_FOR_INVALID', 'VIEW_BEHIND', 'VIEW_NOT_READY'];

/** OpenAPI 3.1 of these routes: every refusal, the events of each command, the roles of each operation, examples throughout. */
export async function describeApi(app: NestFastifyApplication, described: Described): Promise<OpenAPIObject> {
  const { ApiProperty, DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger');
  for (const [prototype, fields] of documentedFields())
    for (const [name, description] of fields) ApiProperty(description)(prototype, name);
  const config = new DocumentBuilder()
    .setTitle('Training ledger / 人才培养账本')
    .setDescription(description)
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .build();
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: (_controller, method) => method });
  const paths = document.paths as unknown as Record<string, Record<string, Operation>>;
  for (const [path, methods] of Object.entries(paths)) {
    for (const operation of Object.values(methods)) describe(path, operation, described);
  }
  document.tags = Object.entries(sections).map(([name, about]) => ({ name, description: about }));
  document.components ??= {};
  document.components.schemas = { ...document.components.schemas, ...(schemas as object) };
  return withoutNullable(document) as OpenAPIObject;
}

const description = `A record is an event, stated by whoever may state it, and never changed. Commands are POSTs with an \`Idempotency-Key\`: the same key
with the same content is the same command, also after a crash. \`If-Match: "revision"\` makes a command depend on what was seen; answers carry
\`ETag\` and \`Ledger-Position\`, and a query sent with \`Ledger-Wait-For: position\` sees everything up to there. Refusals are RFC 9457 problems with a
stable \`code\` and the deciding \`facts\`, in Chinese (the default) or English by \`Accept-Language\`.`;

function describe(path: string, operation: Operation, { commands, queries }: Described): void {
  const name = operation.operationId;
  const policy = policies[name]!;
  const command = policy.command === undefined ? undefined : commands[name];
  const query = queries[name];
  const title = command?.title ?? query?.title;
  operation['tags'] = [tagOf(path)];
  if (title) operation['summary'] = `${title.zh} · ${title.en}`;
  operation['x-roles'] = policy.may;
  operation['security'] = policy.may === 'anyone' ? [] : [{ bearer: [] }];
  operation.parameters = [...(operation.parameters ?? []).map(named), ...headersOf(policy)];
  if (command) {
    operation['x-events'] = command.events.map((type) => ({ type, ...catalog[type as LedgerEventType].title }));
  }
  const example = query ? valueOf(query.example) : { ...idsOf(name, path), ...answerOf(command) };
  const created = command !== undefined && /^(identify|admit|transferStudentIn|form|publish|adopt|register[OA]|start)/.test(name);
  const accepted = query?.status === 202;
  const ok = {
    description: title?.en ?? 'Done',
    headers: {
      ...(policy.may === 'anyone' ? {} : responseHeaders),
      ...(policy.view === undefined ? {} : { 'Ledger-Incomplete': header('Views with keys that lack an event, and how many') }),
      ...(created || accepted ? { Location: header('Where it is read') } : {}),
    },
    content: {
      [query?.mediaType ?? 'application/json']: {
        schema: query ? answerSchema(policy, query) : { $ref: '#/components/schemas/CommandAnswer' },
        example,
      },
    },
  };
  operation.responses = {
    ...(accepted ? { '202': ok } : created ? { '201': ok, '200': { ...ok, description: 'It was so already' } } : { '200': ok }),
    ...problemsOf(policy, command, query),
  };
}

/** What is read from a view may lack something, and says so then. */
function answerSchema({ view, command }: Policy, { example, mediaType }: Answered): Json {
  const schema = schemaOf(example);
  if (view === undefined || command !== undefined || mediaType !== undefined) return schema;
  const lacks = schemaOf([{ view, keys: 1 }]);
  return { ...schema, properties: { ...(schema['properties'] as Json | undefined), incomplete: lacks } };
}

/** Sections of the page, in the order in which a registrar would read them. */
const sections: Readonly<Record<string, string>> = {
  learners: '学生 · Learners',
  enrollments: '学籍 · Enrollments',
  classes: '班级 · Classes',
  imports: '导入 · Imports',
  batches: '批量办理 · Lists of a registrar’s year in one request',
  exports: '导出 · Exports',
  tasks: '待办 · Tasks',
  approvals: '待复核 · Requests that wait for a second person',
  programs: '专业 · Programs',
  'program-groups': '专业群 · Program groups',
  calendar: '校历 · Calendar',
  'enrollment-policy': '学籍政策 · Enrollment policy',
  organizations: '单位 · Organizations',
  reports: '统计 · Figures without persons',
  events: '事件 · The log itself',
  'as-of': '时点 · Views as of a moment of the past',
  views: '视图 · Views and their rebuilds',
  operations: '运行 · Health and metrics',
};

const tagOf = (path: string): string => (path.startsWith('/v1/') ? (path.split('/')[2] ?? 'operations') : 'operations');

const named = (parameter: Json): Json =>
  parameter['in'] === 'path'
    ? { ...parameter, example: parameter['name'] === 'name' ? 'enrollment-register' : '5q8m2c7h1v0n4k3d' }
    : parameter;

const headersOf = (policy: Policy): Json[] => {
  const parameter = (name: string, required: boolean, text: string, example: string): Json => ({
    name,
    in: 'header',
    required,
    description: text,
    schema: { type: 'string' },
    example,
  });
  const language = parameter('Accept-Language', false, 'Language of problems: zh (default) or en', 'zh-CN');
  if (policy.may === 'anyone') return [language];
  if (policy.command !== undefined) {
    return [
      parameter(
        'Idempotency-Key',
        true,
        '1 to 255 visible ASCII characters; the same one when the command is sent again',
        '0198a3f2-1f0b',
      ),
      parameter('If-Match', false, 'Revision that the record must have', '"4"'),
      parameter('X-Correlation-Id', false, 'UUID, kept with the events', '2f1f4d3e-8a37-4a0e-9a53-1d1f6c1b2a90'),
      language,
    ];
  }
  return [parameter('Ledger-Wait-For', false, 'Position that the answer must include; waits up to 5 seconds', '42'), language];
};

const header = (text: string): Json => ({ description: text, schema: { type: 'string' } });
const responseHeaders = {
  ETag: header('Revision of the record, in quotation marks'),
  'Ledger-Position': header('Position of the log that the answer includes'),
  'X-Correlation-Id': header('Names the request in logs and events'),
};

const answerOf = (command: CommandFacts | undefined): Json => ({
  revision: '4',
  position: '42',
  events: command?.events.slice(0, 1) ?? [],
  repeated: false,
});

/** What a record's id is called, by the records of its path. */
const keysOf: Readonly<Record<string, string>> = {
  learners: 'learnerId',
  enrollments: 'enrollmentId',
  classes: 'classId',
  programs: 'programId',
  'program-groups': 'groupId',
  organizations: 'organizationId',
  courses: 'courseId',
  schemes: 'schemeId',
  teachers: 'teacherId',
  openings: 'openingId',
  selections: 'selectionId',
  contracts: 'contractId',
  placements: 'placementId',
  attempts: 'attemptId',
  imports: 'runId',
};

function idsOf(name: string, path: string): Json {
  const id = '5q8m2c7h1v0n4k3d';
  const own = /^\/v1\/([a-z-]+)/.exec(path)?.[1] ?? '';
  const key = entry(keysOf, own);
  return {
    ...(key ? { [key]: id } : {}),
    ...(/^(admit|transferStudentIn|openAttempt)/.test(name) ? { learnerId: id } : {}),
    ...(name === 'placeHold' ? { holdId: id } : {}),
    ...(name === 'fileAppeal' ? { appealId: id } : {}),
    ...(name.startsWith('request') ? { requestId: id, digest: 'Zm9ydHktdHdvLWZvcnR5LXR3by1mb3J0' } : {}),
  };
}

// ── problems ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

function problemsOf(policy: Policy, command: CommandFacts | undefined, query: Answered | undefined): Record<string, Json> {
  const codes = new Set<ProblemCode>([
    ...anyRequest,
    ...(policy.may === 'anyone' ? [] : withToken),
    ...(policy.command === undefined ? [] : anyCommand),
    ...(command?.refusals ?? []),
    ...(policy.command === undefined && policy.may !== 'anyone' ? anyQuery : []),
    ...(policy.reads ? (['NOT_FOUND'] as const) : []),
    ...(query?.refusals ?? []),
  ]);
  const byStatus = Map.groupBy(codes, problemStatus);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      String(status),
      {
        description: some.map((code) => `\`${code}\` ${problemText(code).en}`).join('\n\n'),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { type: 'string', enum: some } } }],
            },
            examples: Object.fromEntries(
              some.map((code) => [code, { summary: problemText(code).zh, value: problemExample(code, status) }]),
            ),
          },
        },
      },
    ]),
  );
}

const problemExample = (code: ProblemCode, status: number): Json => ({
  type: `urn:ledger:problem:${code}`,
  title: code,
  status,
  detail: fill(problemText(code).en, {}),
  instance: '/v1/…',
  code,
  facts: {},
  correlationId: '2f1f4d3e-8a37-4a0e-9a53-1d1f6c1b2a90',
  ...(code === 'VALIDATION_FAILED'
    ? {
        errors: [
          {
            field: 'entryDate',
            code: 'PLAIN_DATE',
            zh: '须为存在的日期，形如 2026-09-01。',
            en: 'must be a day that exists, such as 2026-09-01.',
          },
        ],
      }
    : {}),
});

const text = { type: 'string' };
const schemas: Json = {
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'facts', 'correlationId'],
    properties: {
      type: text,
      title: text,
      status: { type: 'integer' },
      detail: { ...text, description: 'The sentence, in the language asked for' },
      instance: text,
      code: { ...text, description: 'Stable; match on this' },
      facts: { type: 'object', description: 'What decided it' },
      correlationId: text,
      errors: {
        type: 'array',
        items: { type: 'object', properties: { field: text, code: text, zh: text, en: text } },
        description: 'Of VALIDATION_FAILED: one for each field, in both languages',
      },
    },
  },
  CommandAnswer: {
    type: 'object',
    required: ['revision', 'position', 'events', 'repeated'],
    properties: {
      ...Object.fromEntries(Object.values(keysOf).map((key) => [key, text])),
      holdId: text,
      appealId: text,
      requestId: { ...text, description: 'Of a request for a second person' },
      digest: { ...text, description: 'What a grant must name' },
      revision: { ...text, description: 'Of the record after the command, for If-Match' },
      position: { ...text, description: 'Of the last event written, for Ledger-Wait-For; 0 where nothing was' },
      events: { type: 'array', items: text, description: 'Types of the events; none where it was so already' },
      repeated: { type: 'boolean', description: 'Whether an earlier delivery of the same command had done it' },
    },
  },
};

// ── schemas from examples ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The example itself, without its marks. */
export function valueOf(example: unknown): unknown {
  if (example instanceof OrNull) return valueOf(example.value);
  if (Array.isArray(example)) return example.map(valueOf);
  if (typeof example !== 'object' || example === null) return example;
  return Object.fromEntries(Object.entries(example).map(([key, value]) => [key, valueOf(value)]));
}

function schemaOf(example: unknown): Json {
  if (example instanceof OrNull) {
    const schema = schemaOf(example.value);
    return typeof schema['type'] === 'string' ? { ...schema, type: [schema['type'], 'null'] } : schema;
  }
  if (Array.isArray(example)) return { type: 'array', items: example.length === 0 ? {} : schemaOf(example[0]) };
  switch (typeof example) {
    case 'string':
      return { type: 'string' };
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return { type: Number.isInteger(example) ? 'integer' : 'number' };
    default: {
      if (typeof example !== 'object' || example === null) return {};
      const entries = Object.entries(example);
      return {
        type: 'object',
        required: entries.map(([key]) => key),
        properties: Object.fromEntries(entries.map(([key, value]) => [key, schemaOf(value)])),
      };
    }
  }
}

/** OpenAPI 3.1 says null as a type. */
function withoutNullable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullable);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = value as Json;
  const schema = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, withoutNullable(inner)]));
  if (nullable !== true) return schema;
  if (Array.isArray(schema['enum'])) schema['enum'] = [...(schema['enum'] as unknown[]), null];
  if (typeof schema['type'] === 'string') return { ...schema, type: [schema['type'], 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}
