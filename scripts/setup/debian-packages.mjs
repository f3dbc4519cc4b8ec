// Debian packages for commands that are missing. What is there already is left alone.
import { existsSync, readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { isAbsolute } from 'node:path'
import { findCommand } from './commands.mjs'
import { EnvironmentError, runLogged, step } from './report.mjs'

const quiet = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
const options = ['-y', '-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3']

/**
 * Installs, in one go, the packages that lack one of their commands.
 * @param {ReadonlyMap<string, string>} wanted package by the command, or the absolute path, that it must bring
 */
export async function installDebianPackages(wanted) {
  const missing = [...wanted].filter(([command]) => (isAbsolute(command) ? !existsSync(command) : findCommand(command) === null))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(([, name]) => name))]
  refuseWhereImpossible(
    missing.map(([command]) => command),
    packages,
  )
  if (isHalfConfigured()) {
    await step('finish an interrupted installation of Debian packages', () =>
      runLogged('dpkg-configure', 'dpkg', ['--configure', '-a'], quiet),
    )
  }
  await step(`install ${packages.join(', ')} from Debian`, async () => {
    // One unreachable source of several must not stop us: whether the packages can be had, install itself tells.
    await runLogged('apt-update', 'apt-get', [...options, 'update'], quiet).catch((error) => {
      if (!(error instanceof EnvironmentError)) throw error
    })
    await runLogged('apt-install', 'apt-get', [...options, 'install', '--no-install-recommends', ...packages], quiet)
  })
}

/** @param {readonly string[]} commands @param {readonly string[]} packages */
function refuseWhereImpossible(commands, packages) {
  const what = `missing: ${commands.join(', ')}`
  if (!isDebian())
    throw new EnvironmentError(`${what}\nset-up installs packages on Debian only: install what Debian calls ${packages.join(', ')}`)
  if (process.getuid?.() !== 0) {
    throw new EnvironmentError(`${what}\nset-up is not root here. As root: apt-get install --no-install-recommends ${packages.join(' ')}`)
  }
}

function isDebian() {
  if (process.platform !== 'linux' || findCommand('apt-get') === null || !existsSync('/etc/os-release')) return false
  return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
}

function isHalfConfigured() {
  return execFileSync('dpkg', ['--audit'], { encoding: 'utf8' }).trim() !== ''
}
