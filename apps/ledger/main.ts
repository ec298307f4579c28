import type { Ledger } from './ledger.ts';
import { settingsOf, StartRefused } from './settings.ts';

try {
  // Whoever set something wrong hears of it at once: all else is loaded only then.
  settingsOf(process.env);
  const { startLedger } = await import('./ledger.ts');
  const ledger = await startLedger({ env: process.env });
  process.stdout.write(await banner(ledger));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(ledger));
} catch (fault) {
  if (!(fault instanceof StartRefused)) throw fault;
  process.stderr.write(`ledger: ${fault.message}\n`);
  process.exitCode = 1;
}

async function stop(ledger: Ledger): Promise<void> {
  await ledger.close();
  process.exit(0);
}

async function banner({ url, settings, mint }: Ledger): Promise<string> {
  const { folder, institutions, issuer } = settings;
  const [institution = ''] = institutions.keys();
  const lines = [
    '',
    `  Training ledger   ${url}`,
    `  API docs          ${url}/docs`,
    `  Data              ${folder}`,
    `  Institutions      ${[...institutions].map(([id, zone]) => `${id} (${zone})`).join(', ')}`,
    '',
  ];
  if (issuer) return [...lines, `  Tokens come from  ${issuer.issuer}`, '', ''].join('\n');
  const people = [
    ['REGISTRAR', { sub: 'registrar-1', role: 'registrar' }],
    ['REGISTRAR_2', { sub: 'registrar-2', role: 'registrar' }],
    ['TEACHER', { sub: 'teacher-1', role: 'teacher' }],
    ['ENTERPRISE', { sub: 'enterprise-1', role: 'enterprise', org: 'enterprise-1' }],
    ['MENTOR', { sub: 'mentor-1', role: 'mentor', org: 'enterprise-1' }],
    ['LEARNER', { sub: 'learner-1', role: 'learner', learner: 'unknown' }],
    ['GUARDIAN', { sub: 'guardian-1', role: 'guardian' }],
    ['ADMINISTRATOR', { sub: 'administrator-1', role: 'administrator' }],
    ['AUDITOR', { sub: 'auditor-1', role: 'auditor' }],
    ['EVALUATOR', { sub: 'evaluator-1', role: 'evaluator' }],
  ] as const;
  const tokens = await Promise.all(
    people.map(async ([name, claims]) => `export ${name}='${await mint({ institution, ...claims })}'`),
  );
  return [
    ...lines,
    '  Development tokens, 12 hours, believed on loopback alone; two registrars for what needs a second person.',
    '  The learner’s names nobody: npm run -s ledger -- token --sub learner-1 --role learner --learner <learner id>',
    '',
    ...tokens,
    '',
    '',
  ].join('\n');
}
