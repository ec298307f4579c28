import { parseArgs } from 'node:util';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { CommandFailed, connect, type Connection } from './connection.ts';
import { formatOf, pour } from './output.ts';
import { parked, poison, release, retry } from './parked.ts';
import type { RebuildArgs } from './rebuild.ts';
import { words, languageOf } from './words.ts';

const options = {
  'dry-run': { type: 'boolean' },
  'form-classes': { type: 'boolean' },
  sheet: { type: 'string' },
  map: { type: 'string', multiple: true },
  'fill-down': { type: 'boolean' },
  'limit-errors': { type: 'string' },
  template: { type: 'string' },
  result: { type: 'string' },
  form: { type: 'string' },
  out: { type: 'string' },
  program: { type: 'string' },
  cohort: { type: 'string' },
  class: { type: 'string' },
  grant: { type: 'string' },
  numbers: { type: 'string' },
  year: { type: 'string' },
  on: { type: 'string' },
  after: { type: 'string' },
  open: { type: 'boolean' },
  sub: { type: 'string' },
  role: { type: 'string' },
  institution: { type: 'string' },
  org: { type: 'string' },
  learner: { type: 'string' },
  erasures: { type: 'string' },
  'master-key': { type: 'string' },
  all: { type: 'boolean' },
  verify: { type: 'boolean' },
  pause: { type: 'boolean' },
  resume: { type: 'boolean' },
  cancel: { type: 'boolean' },
  retry: { type: 'boolean' },
  lift: { type: 'boolean' },
  reason: { type: 'string' },
  ticket: { type: 'string' },
  recorded: { type: 'string' },
  effective: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  lang: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

/** Exit codes: 0 all taken or equal, 2 some rows refused or different, 1 failed. Results go to standard output, everything else to standard error. */
export async function runCommandLine(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let language = languageOf(undefined, env);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    const { values, positionals } = parse(argv, language);
    language = languageOf(values.lang, env);
    const [name, ...rest] = positionals;
    if (values.help || name === undefined || name === 'help') {
      say(words.usage[language]);
      return name === undefined && !values.help ? 1 : 0;
    }
    return await run(name, rest, values, { env, language, say });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function parse(argv: readonly string[], language: Language): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new CommandFailed(
      `${fill(words.badArguments[language], { why: (error as Error).message })}\n\n${words.usage[language]}`,
    );
  }
}

interface Console {
  readonly env: NodeJS.ProcessEnv;
  readonly language: Language;
  readonly say: (line: string) => void;
}

async function run(command: string, rest: readonly string[], values: Values, console: Console): Promise<number> {
  const { env, language, say } = console;
  const needed = (value: string | undefined, name: string): string => {
    if (value === undefined || value === '') throw new CommandFailed(fill(words.badArguments[language], { why: name }));
    return value;
  };
  const more = rest[placesOf(command, rest)];
  if (more !== undefined) throw new CommandFailed(fill(words.badArguments[language], { why: more }));
  switch (command) {
    // A command loads what it needs itself: sheets, keys and databases take longer to load than most commands to run.
    case 'batch': {
      const [{ isImportKind }, { batchCohort, isCohortKind }] = await Promise.all([
        import('./import-kinds.ts'),
        import('./batch.ts'),
      ]);
      const { class: className, program, cohort, numbers, year, on } = values;
      const [kind, file] = rest;
      if (file !== undefined) return run('import', rest, values, console);
      if (kind !== undefined && isImportKind(kind) && !isCohortKind(kind)) needed(file, 'FILE');
      if (!isCohortKind(kind)) throw unknown(kind, 'KIND', console);
      const args = { kind, className, program, cohort, numbers, year, on, dryRun: values['dry-run'] ?? false, language };
      return connected(console, (connection) => batchCohort(args, connection, say));
    }
    case 'import': {
      const { isImportKind, kinds } = await import('./import-kinds.ts');
      const [kind, file] = rest;
      if (!isImportKind(kind)) throw unknown(kind, 'KIND', console);
      if (values.template !== undefined) {
        if (!/\.xlsx$/i.test(values.template)) needed(undefined, '--template FILE.xlsx');
        const [{ templateOf }, { writeXlsx }] = await Promise.all([
          import('../../libs/intake/template.ts'),
          import('../../libs/intake/write-xlsx.ts'),
        ]);
        const { title, form } = kinds[kind];
        const properties = { title: `${title.zh} ${title.en}`, creator: 'training-ledger', created: new Date().toISOString() };
        await pour(writeXlsx(templateOf(title, form), properties), values.template, language);
        return 0;
      }
      const args = {
        kind,
        file: needed(file, 'FILE'),
        dryRun: values['dry-run'] ?? false,
        formClasses: values['form-classes'] ?? false,
        sheet: values.sheet,
        map: values.map ?? [],
        fillDown: values['fill-down'] ?? false,
        limitErrors: limitOf(values['limit-errors'], language),
        result: values.result,
        language,
      } as const;
      const { importFile } = await import('./import.ts');
      return connected(console, (connection) => importFile(args, connection, say));
    }
    case 'undo': {
      const args = { runId: needed(rest[0], 'RUN'), grant: values.grant, language };
      const { undo } = await import('./undo.ts');
      return connected(console, (connection) => undo(args, connection, say));
    }
    case 'export':
      return connected(console, (connection) => exportTo(rest, values, connection, console));
    case 'rebuild':
    case 'verify': {
      const args = rebuildArgs(rest[0], values, language, command === 'verify' || (values.verify ?? false));
      const { rebuild } = await import('./rebuild.ts');
      return connected(console, (connection) => rebuild(args, connection, say));
    }
    case 'parked':
      return connected(console, (connection) => parked(rest[0] ?? null, connection, language, say));
    case 'retry': {
      const view = needed(rest[0], 'VIEW');
      return connected(console, (connection) => retry(view, rest[1] ?? null, connection, language, say));
    }
    case 'release': {
      const [view, key] = [needed(rest[0], 'VIEW'), needed(rest[1], 'KEY')];
      const reason = { code: needed(values.reason, '--reason CODE'), ...(values.ticket ? { ticket: values.ticket } : {}) };
      return connected(console, (connection) => release(view, key, reason, connection, language, say));
    }
    case 'dev': {
      if (rest[0] !== 'poison') throw unknown(rest[0], 'poison', console);
      const [view, position] = [needed(rest[1], 'VIEW'), needed(rest[2], 'POSITION')];
      return connected(console, (connection) => poison(view, position, values.lift ?? false, connection, language, say));
    }
    case 'as-of': {
      const { recorded, effective, from, to, form, out } = values;
      const args = { rest, recorded, effective, from, to, form, out, language };
      const { asOf } = await import('./as-of.ts');
      return connected(console, (connection) => asOf(args, connection, say));
    }
    case 'token': {
      const { mint } = await import('./token.ts');
      say(
        await mint(env, language, {
          sub: needed(values.sub, '--sub'),
          role: needed(values.role, '--role'),
          ...(values.institution === undefined ? {} : { institution: values.institution }),
          ...(values.org === undefined ? {} : { org: values.org }),
          ...(values.learner === undefined ? {} : { learner: values.learner }),
        }),
      );
      return 0;
    }
    case 'backup': {
      const { backup } = await import('./maintenance.ts');
      say(await backup(env, language, needed(rest[0], 'FOLDER')));
      return 0;
    }
    case 'restore': {
      const { restore } = await import('./maintenance.ts');
      say(
        await restore(env, language, needed(rest[0], 'FOLDER'), needed(values.erasures, '--erasures FILE'), values['master-key']),
      );
      return 0;
    }
    default:
      throw new CommandFailed(`${fill(words.unknownCommand[language], { command })}\n\n${words.usage[language]}`);
  }
}

/** How many arguments a command has beside its options. Another one is never passed over: `import roster *.xlsx` would take the first file alone. */
const places: Readonly<Record<string, number>> = {
  import: 2,
  batch: 2,
  undo: 1,
  export: 1,
  rebuild: 1,
  verify: 1,
  parked: 1,
  retry: 2,
  release: 2,
  dev: 3,
  'as-of': 2,
  token: 0,
  backup: 1,
  restore: 1,
};

const placesOf = (command: string, [what]: readonly string[]): number =>
  command === 'export' && what === 'timeline' ? 2 : command === 'as-of' && what === 'list' ? 1 : (places[command] ?? Infinity);

const unknown = (given: string | undefined, needed: string, { language }: Console): CommandFailed =>
  new CommandFailed(`${fill(words.badArguments[language], { why: given ?? needed })}\n\n${words.usage[language]}`);

function limitOf(given: string | undefined, language: Language): number | undefined {
  if (given === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new CommandFailed(fill(words.badArguments[language], { why: '--limit-errors N' }));
}

async function connected(console: Console, work: (connection: Connection) => Promise<number>): Promise<number> {
  const connection = await connect(console.env, console.language);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** Sheets by name, with the options that narrow them. */
const sheetOptions: Readonly<Record<string, Readonly<Partial<Record<keyof Values, string>>>>> = {
  register: { form: 'form', program: 'programId', cohort: 'cohort', class: 'classId' },
  transcripts: { program: 'programId', cohort: 'cohort', class: 'classId' },
  'class-lists': { program: 'programId', cohort: 'cohort', class: 'classId' },
  contracts: { org: 'organizationId' },
  tasks: {},
  timeline: {},
};

function exportPath(what: string, id: string | undefined, values: Values, language: Language): string {
  if (what === 'events') return `/v1/events?after=${encodeURIComponent(values.after ?? '0')}${values.open ? '&open=true' : ''}`;
  const narrowing = Object.hasOwn(sheetOptions, what) ? sheetOptions[what] : undefined;
  if (!narrowing || (what === 'timeline') !== (id !== undefined)) throw new CommandFailed(words.usage[language]);
  const asked = new URLSearchParams({ lang: language, format: formatOf(values.out) });
  for (const [option, field] of Object.entries(narrowing)) {
    const value = values[option as keyof Values];
    if (typeof value === 'string') asked.set(field, value);
  }
  const name = id === undefined ? what : `learners/${encodeURIComponent(id)}/timeline`;
  return `/v1/exports/${name}?${asked.toString()}`;
}

async function exportTo(
  [what = '', id]: readonly string[],
  values: Values,
  connection: Connection,
  { language }: Console,
): Promise<number> {
  const answer = await connection.open(exportPath(what, id, values, language));
  const incomplete = answer.headers['ledger-incomplete'];
  if (incomplete !== undefined) process.stderr.write(`${fill(words.incomplete[language], { views: String(incomplete) })}\n`);
  await pour(answer, values.out, language);
  return 0;
}

function rebuildArgs(view: string | undefined, values: Values, language: Language, verify: boolean): RebuildArgs {
  const wrong = (why: string): CommandFailed => new CommandFailed(fill(words.badArguments[language], { why }));
  if ((view === undefined) !== (values.all ?? false)) throw wrong('VIEW | --all');
  const [act = 'start', ...more] = (['pause', 'resume', 'cancel', 'retry'] as const).filter((one) => values[one]);
  if (more.length > 0 || (act !== 'start' && (verify || view === undefined)))
    throw wrong('VIEW --pause | --resume | --cancel | --retry');
  return { view: view ?? null, act, verify, reason: values.reason ?? 'requested', ticket: values.ticket ?? null, language };
}
