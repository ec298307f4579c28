import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Codec } from '../../libs/runtime/codec.ts';
import { envelopeOf, fileOf, goldenExamples, goldenVault } from './golden.ts';

/**
 * Writes a golden file for every event version that has none. Never touches one that exists: stored events cannot be edited either,
 * so a change of shape is a new version, with an upcaster and a file of its own.
 *
 *   node test/support/write-golden.ts
 */
const folder = join(import.meta.dirname, '../../libs/events/golden');
const digestsFile = join(folder, 'digests.json');

const codec = new Codec(await goldenVault());
const digests: Record<string, string> = existsSync(digestsFile)
  ? (JSON.parse(readFileSync(digestsFile, 'utf8')) as Record<string, string>)
  : {};

for (const example of goldenExamples) {
  const file = fileOf(example);
  if (file in digests || existsSync(join(folder, file))) continue;
  const { json } = await codec.encode(envelopeOf(example));
  const text = `${JSON.stringify(JSON.parse(json), null, 2)}\n`;
  writeFileSync(join(folder, file), text, { flag: 'wx' });
  digests[file] = createHash('sha256').update(text).digest('hex');
  console.log(`written: ${file}`);
}
const sorted = Object.fromEntries(Object.entries(digests).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(digestsFile, `${JSON.stringify(sorted, null, 2)}\n`);
