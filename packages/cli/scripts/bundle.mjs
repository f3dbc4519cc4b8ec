#!/usr/bin/env node
// Bundles the executable: packages/cli/dist/orchestrate.js, the reaper and the scanning thread beside it, and a chunk per lazily loaded part.
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const cli = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(cli, 'dist')
const { version } = JSON.parse(readFileSync(join(cli, 'package.json'), 'utf8'))
// dockerode loads these only for BuildKit sessions and ssh:// hosts, which are not offered; they cost 150 ms of start-up.
const STUBBED = ['@grpc/grpc-js', '@grpc/proto-loader', 'ssh2', 'cpu-features']
const stubs = {
  name: 'stub-unused-transports',
  resolveId: (id) => (STUBBED.includes(id) ? { id: `\0stub:${id}`, moduleSideEffects: false } : null),
  load: (id) => (id.startsWith('\0stub:') ? 'export default {}' : null),
}

rmSync(dist, { recursive: true, force: true })
const bundle = await rolldown({
  input: {
    orchestrate: join(cli, 'src/main.ts'),
    reaper: join(cli, '../docker/src/reaper.ts'),
    'scan-thread': join(cli, '../fingerprint/src/scan-thread.ts'),
  },
  platform: 'node',
  plugins: [stubs],
  resolve: { conditionNames: ['source', 'import', 'node', 'default'] },
  transform: { target: 'node20.19', define: { ORCHESTRATE_VERSION: JSON.stringify(version) } },
})
await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  banner: (chunk) => (chunk.name === 'orchestrate' && chunk.isEntry ? '#!/usr/bin/env node' : ''),
  minify: false,
})
await bundle.close()
chmodSync(join(dist, 'orchestrate.js'), 0o755)
