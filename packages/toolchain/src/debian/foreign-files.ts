import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDead, labelProcess, onDisk, parseLabel } from '@orchestrate/store'
import type { ProcessRunner } from '../process-runner.ts'
import { removeAsRootInside } from './isolate.ts'

export interface ForeignFilesDeps {
  readonly processes: ProcessRunner
  /** The host's environment, for its PATH. */
  readonly env: ReadonlyMap<string, string>
}

/**
 * Temporary directories of dead processes that opening the store has left: a bootstrap was killed there whose files belong to
 * subordinate ids of this user.
 *
 * @param root of the store
 */
export function foreignLeftovers(root: string): readonly string[] {
  const directory = join(root, 'tmp')
  const own = labelProcess({})
  return onDisk(directory, () => readdirSync(directory))
    .toSorted()
    .filter((name) => {
      const label = parseLabel(name)
      return label !== null && isDead(label, own)
    })
    .map((name) => join(directory, name))
}

/** Removes files of subordinate ids. What cannot be removed stays for the next time: it costs space, nothing else. */
export async function removeForeignFiles(paths: readonly string[], { processes, env }: ForeignFilesDeps): Promise<void> {
  if (paths.length === 0) return
  const running = processes.run({
    argv: removeAsRootInside(paths),
    env: new Map([['PATH', env.get('PATH') ?? '']]),
    input: null,
    onLine: () => undefined,
    stop: 'kill',
    signal: NEVER,
  })
  for await (const _ of running.stdout) continue
  await running.exit
}

const NEVER = new AbortController().signal
