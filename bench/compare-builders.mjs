#!/usr/bin/env node
// Twelve Go services that share a library: orchestrate, `docker buildx bake`, and one `go build` of all twelve in one container.
// Same sources, same machine, one run, alternating; only the ratios of medians mean anything.
// usage: SHARED_BENCH=DIR [COLD_RUNS=1] [RUNS=5] bench/compare-builders.mjs
//   DIR holds generate-build-monorepo.mjs. A cold run empties the engine's whole build cache (docker buildx prune).
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePrerequisites, GO_IMAGE } from './builders/prerequisites.mjs'
import { measure } from './builders/measure.mjs'
import { printRatios, table } from './builders/table.mjs'
import { exitWith, setUp } from '../scripts/setup.mjs'
import { orchestrate } from '../scripts/setup/bundle.mjs'

const work = mkdtempSync(join(tmpdir(), 'orchestrate-bench-'))
const repo = join(work, 'mono')
const env = { ...process.env, ORCHESTRATE_STORE: join(work, 'store'), NO_COLOR: '1' }
const options = { cwd: repo, env }
const coldRuns = Number(process.env.COLD_RUNS ?? 1)
const runs = Number(process.env.RUNS ?? 5)
const workspace = `bench-${process.pid}`
let edits = 0
/** Of each apply, in MiB. @type {number[]} */
const peaks = []

await exitWith(async () => {
  const generators = process.env.SHARED_BENCH
  if (generators === undefined) {
    process.stderr.write('SHARED_BENCH must name the directory of generate-build-monorepo.mjs\n')
    return 64
  }
  await setUp('demo')
  await ensurePrerequisites()
  try {
    execFileSync(process.execPath, [join(generators, 'generate-build-monorepo.mjs'), repo], { stdio: 'inherit' })
    rename()
    compare()
  } finally {
    forgetCaches()
    removeImages()
    rmSync(work, { recursive: true, force: true })
  }
  return 0
})

function compare() {
  execFileSync(process.execPath, [orchestrate, 'lock'], { ...options, stdio: 'ignore' })
  const cold = table('cold', coldRuns, { orchestrate: coldOrchestrate, bake: coldBake, 'one go build': coldGo })
  const unchanged = table('nothing changed', runs, { orchestrate: apply, bake })
  const edited = table('one file changed, to a loaded image', runs, { orchestrate: () => (edit(), apply()), bake: () => (edit(), bake()) })
  const plan = measure(process.execPath, [orchestrate, 'plan'], options)
  printRatios([
    ['cold, to one go build', cold.orchestrate / cold['one go build'], 1.25],
    ['cold, to bake', cold.orchestrate / cold.bake, null],
    ['nothing changed, to bake', unchanged.orchestrate / unchanged.bake, 0.15],
    ['one file changed, to bake', edited.orchestrate / edited.bake, 0.15],
  ])
  process.stdout.write(
    `peak resident set: plan ${plan.megabytes.toFixed(0)} MiB, apply ${Math.max(...peaks).toFixed(0)} MiB (at most 200)\n`,
  )
}

function apply() {
  const taken = measure(process.execPath, [orchestrate, 'apply'], options)
  peaks.push(taken.megabytes)
  return taken.seconds
}

function bake() {
  return measure('docker', ['buildx', 'bake'], options).seconds
}

function coldOrchestrate() {
  rmSync(env.ORCHESTRATE_STORE, { recursive: true, force: true })
  forgetCaches()
  return apply()
}

function coldBake() {
  execFileSync('docker', ['buildx', 'prune', '-af'], { stdio: 'ignore' })
  return bake()
}

function coldGo() {
  const run = ['run', '--rm', '--network=none', '-v', `${repo}:/src:ro`, '-w', '/src', '-e', 'CGO_ENABLED=0', GO_IMAGE]
  return measure('docker', [...run, 'sh', '-c', 'mkdir /out && go build -trimpath -o /out/ ./services/...'], options).seconds
}

/** Another constant each time, so that no build finds its result in a cache. */
function edit() {
  appendFileSync(join(repo, 'services/svc003/main.go'), `\nvar edit${edits} = ${edits++}\n\nfunc init() { println(edit${edits - 1}) }\n`)
}

/** Compiler caches are kept by the workspace's name: this run's own, so that no other run warms them. */
function rename() {
  const path = join(repo, 'builder.yaml')
  writeFileSync(path, readFileSync(path, 'utf8').replace('name: bench', `name: ${workspace}`))
}

function forgetCaches() {
  const volumes = lines('docker', [
    'volume',
    'ls',
    '--quiet',
    '--filter',
    'label=dev.orchestrate.cache',
    '--filter',
    `label=dev.orchestrate.workspace=${workspace}`,
  ])
  if (volumes.length > 0) execFileSync('docker', ['volume', 'rm', ...volumes], { stdio: 'ignore' })
}

function removeImages() {
  const images = ['bench/*', 'bench-bake/*'].flatMap((pattern) =>
    lines('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}', pattern]),
  )
  if (images.length > 0) execFileSync('docker', ['rmi', ...new Set(images)], { stdio: 'ignore' })
}

/** @param {string} command @param {readonly string[]} args */
function lines(command, args) {
  return execFileSync(command, args, { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')
}
