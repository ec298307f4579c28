import { mintToken, type TokenClaims } from '../../libs/edge/auth.ts';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { roles } from '../../libs/kernel/decider.ts';
import { CommandFailed } from './connection.ts';
import { words } from './words.ts';

/** A development token from the keys in the data folder. Only a server on loopback believes it. */
export async function mint(
  env: NodeJS.ProcessEnv,
  language: Language,
  asked: { sub: string; role: string; institution?: string; org?: string; learner?: string },
): Promise<string> {
  const folder = env['LEDGER_DATA'] ?? './data';
  const role = roles.find((r) => r === asked.role);
  if (!role) throw new CommandFailed(fill(words.badArguments[language], { why: `--role ${roles.join(' | ')}` }));
  const first = (env['LEDGER_INSTITUTIONS'] ?? 'college=Asia/Shanghai').split(',')[0]!.split('=')[0]!.trim();
  const claims: TokenClaims = { ...asked, role, institution: asked.institution ?? first };
  try {
    return await mintToken(folder, claims);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CommandFailed(fill(words.noKeys[language], { folder }));
  }
}
