// The server as one file beside the build's own: its two thousand modules take longer to find and read than all else that a start does.
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = resolve(process.argv[2] ?? 'dist');
const folder = join(dist, 'apps', 'ledger');

/** What a module finds beside itself (threads, packages' files) it finds from the bundle's place too. */
const places = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(dist + sep)) return null;
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return null;
      const place = `new URL(${JSON.stringify(relative(folder, path).replaceAll(sep, '/'))}, import.meta.url).href`;
      return { contents: text.replaceAll('import.meta.url', place) };
    });
  },
};

/**
 * Of `class-validator` what is used, from its modules that can be taken apart: a third of its code are the world's telephone numbers. Nest asks for it
 * too, for a pipe that nobody uses.
 */
const validators = {
  name: 'validators',
  setup({ onResolve }) {
    onResolve({ filter: /^class-(validator|transformer)$/ }, ({ path, kind }) =>
      kind === 'dynamic-import'
        ? { path, external: true }
        : {
            path: join(dirname(fileURLToPath(import.meta.resolve(`${path}/package.json`))), 'esm2015', 'index.js'),
            sideEffects: false,
          },
    );
  },
};

await build({
  entryPoints: [join(folder, 'main.js')],
  outfile: join(folder, 'server.js'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // No `keepNames`: it would give every function its name again each time that one is made, in the middle of a command.
  keepNames: false,
  logLevel: 'warning',
  // Nest asks for these where somebody uses them; nobody does.
  external: [
    '@as-integrations/fastify',
    '@fastify/static',
    '@fastify/view',
    '@nestjs/microservices',
    '@nestjs/microservices/*',
    '@nestjs/platform-express',
    '@nestjs/websockets',
    '@nestjs/websockets/*',
    'typescript',
  ],
  // CommonJS modules among them know nothing but these.
  banner: {
    js: `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const { dirname: __dirname, filename: __filename } = import.meta;`,
  },
  plugins: [places, validators],
});
