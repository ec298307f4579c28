// npm run bench -- [task …]: runs the tasks named, all without. Results come last, one JSON line each.
import { benchAppendHttp } from './append-http.ts';
import { benchAppend } from './append.ts';

const tasks: Readonly<Record<string, readonly (() => Promise<object>)[]>> = {
  append: [() => benchAppend(), () => benchAppendHttp()],
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !Object.hasOwn(tasks, name));
if (unknown.length > 0) {
  console.error(`no task ${unknown.join(', ')}; there are: ${Object.keys(tasks).join(', ')}`);
  process.exit(2);
}
const results: object[] = [];
for (const [name, runs] of Object.entries(tasks)) {
  if (named.length > 0 && !named.includes(name)) continue;
  for (const run of runs) results.push(await run());
}
for (const result of results) console.log(JSON.stringify(result));
