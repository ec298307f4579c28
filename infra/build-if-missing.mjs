// `npm run ledger` on a fresh clone: builds once, silently, so that the command's own output stays clean.
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (!existsSync('dist/apps/cli/main.js')) execSync('npm run -s build', { stdio: ['ignore', 2, 2] });
