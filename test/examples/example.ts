import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import type { BuildEvent, TargetSummary } from '@orchestrate/core'
import { executable, type Run, runProcess } from '../e2e/rig.ts'

/** The checkout under test. */
export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** A private copy of an example, a git repository of its own, whose images have a repository of their own. */
export interface Example extends Disposable {
  readonly root: string
  /** Images are `<images>/<service>:latest`. */
  readonly images: string
  run(...args: readonly string[]): Promise<Run>
  /** As `run`, without waiting for its end or keeping what it writes. */
  start(...args: readonly string[]): ChildProcess
  /** `apply --json`; the run must have reported its end. */
  apply(...args: readonly string[]): Promise<Applied>
  /** Replaces text in a file, which must be there. */
  edit(path: string, from: string, to: string): void
}

export interface Applied {
  readonly code: number | null
  readonly stderr: string
  readonly events: readonly BuildEvent[]
  readonly targets: ReadonlyMap<string, TargetSummary>
}

/** Copies `examples/NAME`, or with `files` those files of the checkout. */
export function copyExample(source: string, files: readonly string[] | null = null): Example {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrate-example-')))
  const root = join(base, basename(source))
  const images = `orchestrate-test-${process.pid}-${basename(base).slice(-6).toLowerCase()}`
  for (const file of files ?? ['.']) cpSync(join(source, file), join(root, file), { recursive: true, filter: isSource })
  const env = { ...process.env, HOME: base, ORCHESTRATE_STORE: inject('examplesStore'), NO_COLOR: '1' }
  const run = (...args: readonly string[]) => runProcess(process.execPath, [executable, ...args], { cwd: root, env })
  const example: Example = {
    root,
    images,
    run,
    start: (...args) => spawn(process.execPath, [executable, ...args], { cwd: root, env, stdio: 'ignore' }),
    apply: async (...args) => readEvents(await run('apply', '--json', ...args)),
    edit: (path, from, to) => {
      const text = readFileSync(join(root, path), 'utf8')
      if (!text.includes(from)) throw new Error(`${path} does not contain ${JSON.stringify(from)}`)
      writeFileSync(join(root, path), text.replace(from, to))
    },
    [Symbol.dispose]: () => {
      removeImages(images)
      rmSync(base, { recursive: true, force: true })
    },
  }
  example.edit('builder.yaml', 'workspace:\n', `workspace:\n  repository: ${images}\n`)
  execFileSync('git', ['init', '-q'], { cwd: root })
  return example
}

/** What an earlier use of the example may have left beside its sources stays behind. */
function isSource(path: string): boolean {
  return !['builder.lock', 'node_modules', '.git'].includes(basename(path))
}

function readEvents({ code, stdout, stderr }: Run): Applied {
  const events = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BuildEvent)
  const last = events.at(-1)
  if (last?.type !== 'run-finished') throw new Error(`apply did not report its end\n${stderr}`)
  return { code, stderr, events, targets: new Map(last.targets.map((target) => [target.id, target])) }
}

/** What did not succeed, with the end of its log: empty after a run in which everything did. */
export function failures({ events }: Applied): readonly object[] {
  const finished = events.flatMap((event) => (event.type === 'target-finished' ? event : []))
  return finished
    .filter(({ summary }) => summary.outcome !== 'succeeded')
    .map(({ summary: { id, trouble }, logTail }) => ({ id, message: trouble?.message, logTail }))
}

function removeImages(repositoryName: string): void {
  const names = execFileSync('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}'], { encoding: 'utf8' }).split('\n')
  const own = names.filter((name) => name.startsWith(`${repositoryName}/`))
  if (own.length > 0) execFileSync('docker', ['rmi', '--no-prune', ...own], { stdio: 'ignore' })
}
