// pnpm in the version that package.json names, and the packages of the lock file.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { findCommand } from './commands.mjs'
import { fingerprintFiles, isStamped, writeStamp } from './fingerprint-files.mjs'
import { EnvironmentError, runLogged, step } from './report.mjs'
import { root } from './root.mjs'

const stamp = join(root, 'node_modules', '.set-up')

/**
 * Installs the packages unless they are those of the lock file already. Afterwards, and only when it was called with work
 * to do, `pnpm` is first on PATH for the processes that we start.
 */
export async function ensurePackages() {
  const digest = fingerprintFiles(manifests())
  if (isStamped(stamp, digest)) return
  await ensurePnpm()
  await step('install the npm packages', async () => {
    rmSync(stamp, { force: true })
    try {
      await install()
    } catch (error) {
      // What an interrupted installation left can be beyond repair; the packages themselves are in pnpm's store by now.
      if (!(error instanceof EnvironmentError)) throw error
      removeInstalled()
      await install()
    }
    writeStamp(stamp, digest)
  })
}

/** Puts pnpm on PATH: the machine's own where it has the right version, else one in `.tools`, which touches nothing else. */
export async function ensurePnpm() {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.replace(/^pnpm@/, '')
  const found = findCommand('pnpm')
  if (found !== null && versionOf(dirname(dirname(found))) === wanted) return
  const home = join(root, '.tools', 'pnpm')
  if (versionOf(join(home, 'node_modules', 'pnpm')) !== wanted) {
    await step(`install pnpm ${wanted} under .tools`, () =>
      runLogged('pnpm', 'npm', [
        'install',
        '--prefix',
        home,
        '--no-save',
        '--no-package-lock',
        '--no-audit',
        '--no-fund',
        `pnpm@${wanted}`,
      ]),
    )
  }
  process.env.PATH = [join(home, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
}

/** @param {string} directory */
function versionOf(directory) {
  const manifest = join(directory, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : null
}

function install() {
  return runLogged('pnpm-install', 'pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--config.confirmModulesPurge=false'])
}

function removeInstalled() {
  for (const home of ['', ...packageDirectories()]) rmSync(join(root, home, 'node_modules'), { recursive: true, force: true })
}

function manifests() {
  return ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...packageDirectories().map((home) => `${home}/package.json`)]
}

function packageDirectories() {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => `packages/${name}`)
}
