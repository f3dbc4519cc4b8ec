// The bundled command, built again when one of its sources differs from the last build's.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprintFiles, isStamped, writeStamp } from './fingerprint-files.mjs'
import { ensurePnpm } from './packages.mjs'
import { runLogged, step } from './report.mjs'
import { root } from './root.mjs'

/** The executable of this checkout. */
export const orchestrate = join(root, 'packages', 'cli', 'dist', 'orchestrate.js')

const stamp = join(root, 'packages', 'cli', 'dist', '.set-up')

export async function ensureBundle() {
  const digest = fingerprintFiles(sources())
  if (existsSync(orchestrate) && isStamped(stamp, digest)) return
  await ensurePnpm()
  await step('build orchestrate', () => runLogged('build', 'pnpm', ['build']))
  writeStamp(stamp, fingerprintFiles(sources()))
}

function sources() {
  const parts = readdirSync(join(root, 'packages'))
    .sort()
    .flatMap((name) => ['package.json', 'src', 'scripts'].map((part) => `packages/${name}/${part}`))
  return ['package.json', 'pnpm-lock.yaml', 'tsconfig.base.json', 'schemas', ...parts]
}
