// npm run bench -- [task …]: runs the tasks named, all without. The last line of each is its result as JSON.
import { benchAppend } from './append.ts';

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  append: () => benchAppend(),
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !Object.hasOwn(tasks, name));
if (unknown.length > 0) {
  console.error(`no task ${unknown.join(', ')}; there are: ${Object.keys(tasks).join(', ')}`);
  process.exit(2);
}
for (const [name, run] of Object.entries(tasks)) if (named.length === 0 || named.includes(name)) await run();
