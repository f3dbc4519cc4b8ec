import { defineConfig } from 'vitest/config'

const source = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } }

export default defineConfig({
  ...source,
  test: {
    projects: [
      { ...source, test: { name: 'unit', include: ['packages/*/src/**/*.test.ts', 'test/*.test.ts'], testTimeout: 20_000 } },
      {
        ...source,
        test: {
          name: 'system',
          include: ['test/{e2e,docker,embedded,examples}/**/*.test.ts'],
          globalSetup: ['test/examples/store.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      // What test/embedded/tests-of-a-user.ts runs as somebody else; part of no run by itself.
      ...(process.env['HOME']?.includes('orchestrate-user-') === true
        ? [{ ...source, test: { name: 'as-user', include: ['test/embedded/engine-*.test.ts'], testTimeout: 600_000 } }]
        : []),
    ],
  },
})
