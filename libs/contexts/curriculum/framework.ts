import { frameworkCategories, type FrameworkCategory, type FrameworkEvent } from '../../events/catalog/curriculum.ts';
import type { FrameworkFact } from '../../facts/curriculum.ts';
import type { Decider, Decision } from '../../kernel/decider.ts';
import { refuse } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';

/** The qualifications framework (资历框架) of an institution: seven levels by four categories. */
export { frameworkStream } from '../../facts/curriculum.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type PublishFramework = { readonly type: 'PublishFramework' } & FrameworkEvent['data'];

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const ladder = [1, 2, 3, 4, 5, 6, 7];
const categories = Object.keys(frameworkCategories) as FrameworkCategory[];

/** The last one published is in force; earlier ones stay readable in its stream. */
function decide(s: FrameworkFact, { name, levels }: PublishFramework): Decision<FrameworkEvent> {
  const inOrder = levels.toSorted((a, b) => a.level - b.level);
  const given = inOrder.map(({ level }) => level);
  if (!sameContent(given, ladder)) return refuse('FRAMEWORK_LEVELS_WRONG', { levels: given });
  const silent = inOrder.flatMap(({ level, descriptors }) =>
    categories.filter((category) => !(category in descriptors)).map((category) => `${level} ${category}`),
  );
  if (silent.length > 0) return refuse('FRAMEWORK_DESCRIPTORS_MISSING', { missing: silent });
  const data = { name, levels: inOrder };
  return sameContent(s, data) ? [] : [{ type: 'FrameworkPublished', data }];
}

export const framework: Decider<FrameworkFact, PublishFramework, FrameworkEvent> = {
  initial: null,
  evolve: (_, event) => event.data,
  decide,
};
