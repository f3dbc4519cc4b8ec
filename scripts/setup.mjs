// Makes a machine ready for `npm run demo` and `npm test`: installs what is missing, leaves what works.
import { pathToFileURL } from 'node:url'
import { ensureBundle } from './setup/bundle.mjs'
import { installDebianPackages } from './setup/debian-packages.mjs'
import { dockerCommands, dockerAnswers, ensureDocker } from './setup/docker.mjs'
import { embeddedCommands, embeddedTestCommands } from './setup/embedded.mjs'
import { ensurePackages } from './setup/packages.mjs'
import { EnvironmentError } from './setup/report.mjs'

const builderCommands = [
  ['git', 'git'],
  ['mmdebstrap', 'mmdebstrap'],
]
const testCommands = [
  ['busybox', 'busybox-static'],
  ['python3', 'python3'],
  ['skopeo', 'skopeo'],
  ['strace', 'strace'],
  ['umoci', 'umoci'],
  ...embeddedTestCommands,
  ['zsh', 'zsh'],
  ['fish', 'fish'],
]

/**
 * Every part looks first and acts only on what is missing, so that an interrupted run is taken up again by the next.
 * @param {'demo' | 'test'} purpose tests need Docker, the other engine, and independent readers and tracers besides
 * @param {'auto' | 'docker' | 'embedded'} wanted auto takes Docker where it answers; where it does not, nothing of it is installed
 * @returns {Promise<{engine: 'docker' | 'embedded', because: string}>} what runs builders here
 */
export async function setUp(purpose, wanted) {
  refuseOldNode()
  const chosen = await choose(wanted)
  await installDebianPackages(
    new Map([
      ...builderCommands,
      ...(chosen.engine === 'docker' ? await dockerCommands() : embeddedCommands()),
      ...(purpose === 'test' ? testCommands : []),
    ]),
  )
  if (chosen.engine === 'docker') await ensureDocker()
  await ensurePackages()
  await ensureBundle()
  return chosen
}

/** @param {'auto' | 'docker' | 'embedded'} wanted @returns {Promise<{engine: 'docker' | 'embedded', because: string}>} */
async function choose(wanted) {
  if (wanted !== 'auto') return { engine: wanted, because: 'as asked for' }
  if (await dockerAnswers()) return { engine: 'docker', because: 'because it answers' }
  const { DOCKER_HOST } = process.env
  return { engine: 'embedded', because: `because no Docker engine answers${DOCKER_HOST ? ` at ${DOCKER_HOST}` : ''}` }
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
    await (process.argv.includes('--test') ? setUp('test', 'docker') : setUp('demo', 'auto'))
    return 0
  })
}
