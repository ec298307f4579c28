import type { Task } from '../harness.ts';
import { append } from './append.ts';
import { appendHttp } from './append-http.ts';
import { impact } from './impact.ts';
import { importing } from './import.ts';
import { lag } from './lag.ts';
import { load } from './load.ts';
import { query } from './query.ts';
import { memory, rebuild } from './rebuild.ts';
import { sheets } from './sheets.ts';

/** By the name that `npm run bench` is given. */
export const tasks: Readonly<Record<string, readonly Task[]>> = {
  append: [append, appendHttp],
  load: [load],
  rebuild: [rebuild],
  lag: [lag, impact],
  memory: [memory],
  import: [importing],
  query: [query],
  sheets: [sheets],
};

export function taskNamed(name: string): Task {
  const task = Object.values(tasks)
    .flat()
    .find((one) => one.name === name);
  if (task === undefined) throw new Error(`there is no task ${name}`);
  return task;
}
