#!/usr/bin/env node
// The embedded engine beside the Docker engine, bake, and bare `go build`: the start of a builder, twelve Go services from nothing,
// one changed file to an OCI layout. Same sources, same machine, one run, alternating; only the ratios of medians mean anything.
// usage: SHARED_BENCH=DIR [COLD_RUNS=3] [RUNS=9] [STARTS=20] bench/compare-engines.mjs
//   DIR holds generate-build-monorepo.mjs.
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensurePrerequisites, GO_IMAGE } from './builders/prerequisites.mjs'
import { measure } from './builders/measure.mjs'
import { printRatios, table } from './builders/table.mjs'
import { exitWith, setUp } from '../scripts/setup.mjs'
import { orchestrate } from '../scripts/setup/bundle.mjs'

const work = mkdtempSync(join(tmpdir(), 'orchestrate-bench-'))
const repo = join(work, 'mono')
const env = { ...process.env, NO_COLOR: '1' }
const name = `bench-engines-${process.pid}`
const coldRuns = Number(process.env.COLD_RUNS ?? 3)
const runs = Number(process.env.RUNS ?? 9)
const starts = Number(process.env.STARTS ?? 20)
const goMounts = ['-v', `${repo}:/src:ro`, '-w', '/src', '-e', 'CGO_ENABLED=0']
let stores = 0
let edits = 0

await exitWith(async () => {
  const generators = process.env.SHARED_BENCH
  if (generators === undefined) {
    process.stderr.write('SHARED_BENCH must name the directory of generate-build-monorepo.mjs\n')
    return 64
  }
  await setUp('test')
  await ensurePrerequisites()
  try {
    execFileSync(process.execPath, [join(generators, 'generate-build-monorepo.mjs'), repo], { stdio: 'inherit' })
    prepareWorkspace()
    compare()
  } finally {
    cleanUp()
  }
  return 0
})

function compare() {
  renewStore()
  const start = table('a builder whose command is `true`, on a root of one file', starts, {
    docker: () => startOf('docker', 'small'),
    embedded: () => startOf('embedded', 'small'),
    'docker run': bareRun,
  })
  const large = table('the same on the root with Go, 22,000 files', starts, {
    docker: () => startOf('docker', 'large'),
    embedded: () => startOf('embedded', 'large'),
  })
  const cold = table('cold', coldRuns, { embedded: coldEmbedded, 'one go build': coldGo })
  startContainer()
  const edited = table('one file changed, to an OCI layout', runs, {
    embedded: () => (edit(), apply('--output', `oci:${join(work, 'layout')}`)),
    bake: () => (edit(), measure('docker', ['buildx', 'bake'], { cwd: repo, env }).seconds),
    'bare go build': () => (edit(), bareGo()),
  })
  printRatios([
    ['start, to the Docker engine', start.embedded / start.docker, 0.15],
    ['start, to a bare `docker run`', start.embedded / start['docker run'], null],
    ['start on the large root, to the Docker engine', large.embedded / large.docker, null],
    ['cold, to one go build', cold.embedded / cold['one go build'], 1.1],
    ['one file changed, to bake', edited.embedded / edited.bake, 0.12],
    ['one file changed, to the bare go build', edited.embedded / edited['bare go build'], 1.35],
  ])
  process.stdout.write(`peak resident set of an apply of all: ${ownPeak().toFixed(0)} MiB (at most 200)\n`)
}

/** The same root file system for both engines: what the image of the comparison holds, as a tar. */
function prepareWorkspace() {
  const file = openSync(join(repo, 'go.tar'), 'w')
  const container = output('docker', ['create', GO_IMAGE, 'true'])
  const exported = spawnSync('docker', ['export', container], { stdio: ['ignore', file, 'inherit'] })
  closeSync(file)
  execFileSync('docker', ['rm', container], { stdio: 'ignore' })
  if (exported.status !== 0) throw new Error(`docker export ended with ${exported.status}`)
  appendFileSync(join(repo, '.gitignore'), '*.tar\n')
  writeFileSync(join(repo, '.dockerignore'), '*.tar\n')
  const root = join(repo, 'builder.yaml')
  writeFileSync(
    root,
    readFileSync(root, 'utf8')
      .replace('name: bench', `name: ${name}`)
      .replace(/image: \S+/, 'rootfs: go.tar'),
  )
  makeSmallRoot()
  const yaml = readFileSync(root, 'utf8')
  writeFileSync(root, yaml.replace('toolchains:\n', 'toolchains:\n  small: { rootfs: small.tar, env: { PATH: /bin } }\n'))
  for (const [service, toolchain] of Object.entries({ small: 'small', large: 'go' })) {
    mkdirSync(join(repo, 'services', service))
    const build = `{ toolchain: ${toolchain}, exec: ["true"], inputs: [], outputs: [] }`
    writeFileSync(join(repo, 'services', service, 'builder.yaml'), `version: 1\nservice: ${service}\nbuild: ${build}\n`)
  }
}

/** One static program, as an archive for orchestrate and as an image for a bare `docker run`. */
function makeSmallRoot() {
  const directory = join(work, 'small')
  mkdirSync(join(directory, 'bin'), { recursive: true })
  copyFileSync('/bin/busybox', join(directory, 'bin/true'))
  execFileSync('tar', ['-C', directory, '-cf', join(repo, 'small.tar'), '.'])
  execFileSync('docker', ['import', join(repo, 'small.tar'), name], { stdio: 'ignore' })
}

function bareRun() {
  return measure('docker', ['run', '--rm', '--network=none', name, '/bin/true'], { cwd: repo }).seconds
}

/** A store in which the toolchain is ready for both engines and on disk, and nothing else. */
function renewStore() {
  if (env.ORCHESTRATE_STORE !== undefined) rmSync(env.ORCHESTRATE_STORE, { recursive: true, force: true })
  env.ORCHESTRATE_STORE = join(work, `store-${stores++}`)
  for (const engine of ['docker', 'embedded']) orchestrateJson(['apply', 'small', 'large', '--force', '--no-load', '--engine', engine])
  execFileSync('sync')
}

/** @param {string} engine @param {string} service @returns {number} seconds from the decision to the result */
function startOf(engine, service) {
  const events = orchestrateJson(['apply', service, '--force', '--no-load', '--engine', engine])
  const finished = events.find((event) => event.type === 'target-finished' && event.summary.id === `${service}:build`)
  return finished.summary.durationMs / 1000
}

/** @param {readonly string[]} args */
function orchestrateJson(args) {
  return output(process.execPath, [orchestrate, ...args, '--json'])
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** @param {readonly string[]} args */
function apply(...args) {
  return measure(process.execPath, [orchestrate, 'apply', '--engine', 'embedded', '--no-load', ...args], { cwd: repo, env }).seconds
}

/** Of orchestrate itself, in MiB: compilers are its descendants here, and larger. */
function ownPeak() {
  const file = join(work, 'peak')
  const preload = fileURLToPath(new URL('builders/own-peak.cjs', import.meta.url))
  execFileSync(process.execPath, ['--require', preload, orchestrate, 'apply', '--force', '--engine', 'embedded', '--no-load'], {
    cwd: repo,
    env: { ...env, OWN_PEAK: file },
    stdio: 'ignore',
  })
  return Number(readFileSync(file, 'utf8'))
}

function coldEmbedded() {
  renewStore()
  return apply()
}

function coldGo() {
  const run = ['run', '--rm', '--network=none', ...goMounts, GO_IMAGE]
  return measure('docker', [...run, 'sh', '-c', 'mkdir /out && go build -trimpath -o /out/ ./services/...'], { cwd: repo }).seconds
}

/** A container that is already running, its compiler cache as warm as the engine's. */
function startContainer() {
  execFileSync('docker', ['run', '--detach', '--rm', '--network=none', '--name', name, ...goMounts, GO_IMAGE, 'sleep', '3600'], {
    stdio: 'ignore',
  })
  bareGo()
}

function bareGo() {
  return measure('docker', ['exec', name, 'go', 'build', '-trimpath', '-o', '/out/app', './services/svc003'], { cwd: repo }).seconds
}

/** Another constant each time, so that no build finds its result in a cache. */
function edit() {
  appendFileSync(join(repo, 'services/svc003/main.go'), `\nvar edit${edits} = ${edits++}\n\nfunc init() { println(edit${edits - 1}) }\n`)
}

function cleanUp() {
  spawnSync('docker', ['rm', '--force', name], { stdio: 'ignore' })
  spawnSync('docker', ['rmi', '--force', name], { stdio: 'ignore' })
  const volumes = output('docker', ['volume', 'ls', '--quiet', '--filter', `label=dev.orchestrate.workspace=${name}`])
  if (volumes !== '') spawnSync('docker', ['volume', 'rm', ...volumes.split('\n')], { stdio: 'ignore' })
  rmSync(work, { recursive: true, force: true })
}

/** @param {string} command @param {readonly string[]} args */
function output(command, args) {
  return execFileSync(command, args, {
    cwd: command === 'docker' ? undefined : repo,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}
