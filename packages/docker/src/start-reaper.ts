import { type ChildProcess, spawn } from 'node:child_process'
import { execPath } from 'node:process'
import type { Duplex } from 'node:stream'
import type { DockerHost } from './docker-host.ts'
import type { RunIdentity } from '@orchestrate/execute'
import type { ReaperOrder } from './reap.ts'

/** A process that outlives us and removes what we made when we die without saying goodbye. */
export interface Reaper {
  /** Starts it; once is enough. */
  start(): void
  /** Sends it home: everything was removed. */
  dismiss(): void
}

/** `script` is the bundled src/reaper.ts; null for no reaper. */
export function createReaper(script: string | null, host: DockerHost, run: RunIdentity): Reaper {
  let child: ChildProcess | null = null
  return {
    start: () => {
      if (script === null || child !== null) return
      const order: ReaperOrder = { socketPath: host.socketPath, runId: run.runId }
      // A session of its own: neither Ctrl-C nor a closed terminal reaches it. Its working directory holds nothing busy.
      child = spawn(execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/', env: {} })
      child.on('error', () => undefined)
      child.stdin?.on('error', () => undefined)
      child.stdin?.write(`${JSON.stringify(order)}\n`)
      child.unref()
      // The pipe must stay open as long as we live, without keeping us alive.
      const pipe = child.stdin as Duplex & { unref?: () => void }
      pipe.unref?.()
    },
    dismiss: () => {
      child?.stdin?.end('done\n')
      child = null
    },
  }
}
