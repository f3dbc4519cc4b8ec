// Makes a machine ready for `npm run demo` and `npm test`: installs what is missing, leaves what works.
import { pathToFileURL } from 'node:url'
import { ensureBundle } from './setup/bundle.mjs'
import { installDebianPackages } from './setup/debian-packages.mjs'
import { engineCommands, ensureEngine } from './setup/engine.mjs'
import { ensurePackages } from './setup/packages.mjs'
import { EnvironmentError } from './setup/report.mjs'

const builderCommands = [
  ['git', 'git'],
  ['mmdebstrap', 'mmdebstrap'],
]
const testCommands = [
  ['busybox', 'busybox-static'],
  ['skopeo', 'skopeo'],
  ['strace', 'strace'],
  ['umoci', 'umoci'],
]

/**
 * Every part looks first and acts only on what is missing, so that an interrupted run is taken up again by the next.
 * @param {'demo' | 'test'} purpose tests need independent readers and tracers besides
 */
export async function setUp(purpose) {
  refuseOldNode()
  await installDebianPackages(new Map([...(await engineCommands()), ...builderCommands, ...(purpose === 'test' ? testCommands : [])]))
  await ensureEngine()
  await ensurePackages()
  await ensureBundle()
}

/**
 * The one place that turns a failed set-up into its exit code.
 * @param {() => Promise<number>} main
 */
export async function exitWith(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    process.stderr.write(`set-up: ${error.message}\n`)
    process.exitCode = 5
  }
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new EnvironmentError(`this is Node ${process.versions.node}: orchestrate needs 20.19 or newer`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await exitWith(async () => {
    await setUp(process.argv.includes('--test') ? 'test' : 'demo')
    return 0
  })
}
