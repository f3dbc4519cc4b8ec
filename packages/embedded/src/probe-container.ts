import { lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { RunIdentity } from '@orchestrate/execute'
import type { Breath } from '@orchestrate/store'
import { makeContainerDirectory, removeContainerDirectory } from './container-directory.ts'
import type { ContainerMount } from './container-plan.ts'
import { type ContainerDeps, runContainer } from './run-container.ts'

/** What came of starting a container. */
export type ProbeAnswer =
  | { readonly kind: 'works' }
  | { readonly kind: 'refused'; readonly words: readonly string[] }
  | { readonly kind: 'hung' }

/** Milliseconds after which a container that should end at once counts as hung. */
const DEADLINE = 10_000
/** Of what a runtime says instead of starting anything, characters. */
const MOST_OUTPUT = 1000
/** A code that nothing but the probe's own command ends with. */
const EXPECTED = 42
/** Directories of this machine that its own shell lives in. */
const PROGRAMS = ['bin', 'lib', 'lib32', 'lib64', 'libx32', 'nix', 'sbin', 'usr']

/** Starts a container whose programs are this machine's own, read-only, and sees whether it does as it is told. */
export async function probeContainer(
  directory: string,
  deps: Omit<ContainerDeps, 'onStarted'>,
  { run, breath, signal }: { readonly run: RunIdentity; readonly breath: Breath; readonly signal: AbortSignal },
): Promise<ProbeAnswer> {
  const { host, tools } = deps
  const remove = (): Promise<void> => removeContainerDirectory(directory, { host, tools, breath })
  await remove()
  makeContainerDirectory(directory)
  const root = join(directory, 'machine')
  const mounts = showPrograms(root)
  const late = AbortSignal.timeout(DEADLINE)
  let output = ''
  const hear = (chunk: Uint8Array): void => {
    if (output.length < MOST_OUTPUT) output += Buffer.from(chunk).toString('utf8')
  }
  try {
    const end = await runContainer(
      {
        directory,
        run,
        id: `orchestrate-${run.runId}-probe`,
        root,
        argv: ['/bin/sh', '-c', `exit ${EXPECTED}`],
        env: new Map([['PATH', '/usr/bin:/bin']]),
        workdir: '/',
        user: { uid: 0, gid: 0, additionalGids: [] },
        hostname: 'probe',
        mounts: [...mounts, { to: '/out', source: join(directory, 'out'), kind: 'directory', access: 'writable' }],
        network: 'off',
        limits: { pids: 64, memory: null, cpus: null },
        graceMs: 1000,
      },
      deps,
      { stdout: hear, stderr: hear, stop: signal, kill: AbortSignal.any([signal, late]) },
    )
    if (late.aborted && !signal.aborted) return { kind: 'hung' }
    if (end.kind === 'ended')
      return end.code === EXPECTED
        ? { kind: 'works' }
        : { kind: 'refused', words: [`a container ended with ${end.code} instead of ${EXPECTED}`] }
    return { kind: 'refused', words: end.kind === 'refused' ? [...linesOf(output), ...end.words] : ['it was stopped'] }
  } finally {
    await remove()
  }
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')

/** A root in which the programs of this machine appear where they are on it. */
function showPrograms(root: string): readonly ContainerMount[] {
  mkdirSync(root)
  for (const name of ['dev', 'out', 'proc', 'run', 'root', 'sys', 'tmp', 'var', 'var/tmp']) mkdirSync(join(root, name))
  return readdirSync('/').flatMap((name): readonly ContainerMount[] => {
    if (!PROGRAMS.includes(name)) return []
    const source = `/${name}`
    if (lstatSync(source).isSymbolicLink()) {
      symlinkSync(readlinkSync(source), join(root, name))
      return []
    }
    mkdirSync(join(root, name))
    return [{ to: source, source, kind: 'directory', access: 'read-only' }]
  })
}
