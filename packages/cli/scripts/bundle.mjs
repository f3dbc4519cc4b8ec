#!/usr/bin/env node
// Bundles the executable: packages/cli/dist/orchestrate.js, the reaper beside it, and a chunk per lazily loaded part.
import { createHash } from 'node:crypto'
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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

// An entry asks for the chunk with the bundler's own helpers, whether it uses them or not: `--version` is to load nothing.
const leanEntries = {
  name: 'lean-entries',
  renderChunk: (code, chunk) =>
    chunk.isEntry
      ? code.replace(/^const (require_\w+) = require\("\.\/chunks\/[^"]+"\);\n/gm, (line, name) =>
          code.split(name).length === 2 ? '' : line,
        )
      : null,
}

// Stands where the digest of the whole bundle will be.
const UNNAMED = '0'.repeat(64)

// Written beside and swapped in, so that an executable that is being used does not vanish meanwhile.
const next = `${dist}.next`
rmSync(next, { recursive: true, force: true })
const bundle = await rolldown({
  input: {
    orchestrate: join(cli, 'src/main.ts'),
    reaper: join(cli, '../docker/src/reaper.ts'),
  },
  platform: 'node',
  // Whoever imports one thing of a package shall not load all of it.
  treeshake: { moduleSideEffects: (id) => !/\/packages\/[^/]+\/src\//.test(id) },
  plugins: [stubs, leanEntries],
  checks: { ineffectiveDynamicImport: false },
  resolve: { conditionNames: ['source', 'import', 'node', 'default'] },
  transform: { target: 'node20.19', define: { ORCHESTRATE_VERSION: JSON.stringify(version), ORCHESTRATE_BUILD: JSON.stringify(UNNAMED) } },
})
const { output } = await bundle.write({
  dir: next,
  // Modules of this kind are found, compiled and linked in half the time.
  format: 'cjs',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].cjs',
  banner: (chunk) => (chunk.name === 'orchestrate' && chunk.isEntry ? '#!/usr/bin/env node' : ''),
  minify: false,
})
await bundle.close()
nameBuild(output.flatMap((part) => (part.type === 'chunk' ? [join(next, part.fileName)] : [])).toSorted())
writeFileSync(join(next, 'package.json'), '{ "type": "commonjs" }\n')
chmodSync(join(next, 'orchestrate.js'), 0o755)
rmSync(dist, { recursive: true, force: true })
renameSync(next, dist)

/** What one build remembers, another may see otherwise: each bears the digest of all its code. */
function nameBuild(paths) {
  const texts = paths.map((path) => readFileSync(path, 'utf8'))
  const digest = createHash('sha256').update(texts.join('\0')).digest('hex')
  for (const [index, path] of paths.entries())
    if (texts[index].includes(UNNAMED)) writeFileSync(path, texts[index].replaceAll(UNNAMED, digest))
}
