// What the comparison needs beside orchestrate: buildx, an image with Go, /usr/bin/time. Only what is missing is brought.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { installDebianPackages } from '../../scripts/setup/debian-packages.mjs'
import { step } from '../../scripts/setup/report.mjs'

/** The image that the generated Dockerfiles and builder.yaml name. */
export const GO_IMAGE = 'golang-bench'

export async function ensurePrerequisites() {
  await installDebianPackages(new Map([['time', 'time']]))
  if (spawnSync('docker', ['buildx', 'version']).status !== 0) await step('fetch buildx from Debian', installBuildx)
  if (spawnSync('docker', ['image', 'inspect', GO_IMAGE]).status !== 0) await step(`bootstrap ${GO_IMAGE}`, importGo)
}

async function installBuildx() {
  const plugins = join(homedir(), '.docker', 'cli-plugins')
  mkdirSync(plugins, { recursive: true })
  withDirectory((directory) => {
    execFileSync('mmdebstrap', ['--variant=extract', '--include=docker-buildx', 'trixie', join(directory, 'root')], { stdio: 'ignore' })
    cpSync(join(directory, 'root/usr/libexec/docker/cli-plugins/docker-buildx'), join(plugins, 'docker-buildx'))
  })
}

async function importGo() {
  withDirectory((directory) => {
    const archive = join(directory, 'go.tar')
    execFileSync('mmdebstrap', ['--variant=minbase', '--include=golang-go,ca-certificates', 'trixie', archive], { stdio: 'ignore' })
    execFileSync('docker', ['import', archive, GO_IMAGE], { stdio: 'ignore' })
  })
}

/** @param {(directory: string) => void} work */
function withDirectory(work) {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrate-bench-'))
  try {
    work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
