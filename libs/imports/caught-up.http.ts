import type { Parts } from '../edge/parts.ts';
import { Problem } from '../edge/problem.ts';
import type { View } from '../ports/view.ts';

/** Resolves once a view knows the log as it is now. Throws VIEW_BEHIND after `patienceMs`. */
export async function caughtUp({ store, views }: Parts, { name }: Pick<View, 'name'>, patienceMs: number): Promise<void> {
  const head = await store.head();
  if (await views.waitFor(name, head, patienceMs)) return;
  const reached = views.status().find((view) => view.name === name)?.position ?? 0n;
  throw new Problem('VIEW_BEHIND', { view: name, wanted: head.toString(), reached: reached.toString() });
}
