import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

// Every thread that a test starts loads TypeScript by itself: stripped once and compiled once, not a thousand times. Jest's workers inherit it.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url));

/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  testMatch: ['<rootDir>/{apps,libs,test}/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Only what hangs ends here: how long a suite takes on a busy machine says nothing.
  testTimeout: 180_000,
  // Many suites wait for processes and disks: one worker more than cores, where Jest would leave one of two idle.
  maxWorkers: Math.min(4, availableParallelism() + 1),
};
