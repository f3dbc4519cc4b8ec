#!/usr/bin/env node
// Bundles the executable: packages/cli/dist/orchestrate.js, the reaper and the scanning thread beside it, and a chunk per lazily loaded part.
import { chmodSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const cli = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(cli, 'dist')
const { version } = JSON.parse(readFileSync(join(cli, 'package.json'), 'utf8'))
// What dockerode loads only for BuildKit sessions, ssh:// hosts and builds from Dockerfiles, none of which are used: 160 ms of start-up.
const STUBBED = ['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs', 'ssh2', 'cpu-features', 'tar-fs', '@balena/dockerignore']
// Copies of what Node has itself.
const BUILT_IN = new Map([['readable-stream', 'node:stream']])
const stubs = {
  name: 'stub-unused-parts',
  resolveId: (id) => (STUBBED.includes(id) || BUILT_IN.has(id) ? { id: `\0stub:${id}`, moduleSideEffects: false } : null),
  load: (id) => {
    if (!id.startsWith('\0stub:')) return null
    const builtIn = BUILT_IN.get(id.slice('\0stub:'.length))
    return builtIn === undefined ? 'export default {}' : `export { default } from '${builtIn}'; export * from '${builtIn}'`
  },
}

// What nearly every command needs, in one file: finding, reading and linking a file costs a millisecond of start-up.
const COMMON = [
  /packages\/(config|graph|store|plan|toolchain|execute|report|image)\/src\//,
  /packages\/cli\/src\/(?!main|version)[^/]+$/,
  /\/commander\//,
]

// Written beside and swapped in, so that an executable that is being used does not vanish meanwhile.
const next = `${dist}.next`
rmSync(next, { recursive: true, force: true })
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
  dir: next,
  format: 'esm',
  entryFileNames: '[name].js',
  // Node need not look for a package.json to know what an .mjs is.
  chunkFileNames: 'chunks/[name]-[hash].mjs',
  codeSplitting: { groups: [{ name: 'common', test: (id) => COMMON.some((pattern) => pattern.test(id)) }] },
  banner: (chunk) => (chunk.name === 'orchestrate' && chunk.isEntry ? '#!/usr/bin/env node' : ''),
  minify: false,
})
await bundle.close()
chmodSync(join(next, 'orchestrate.js'), 0o755)
rmSync(dist, { recursive: true, force: true })
renameSync(next, dist)
