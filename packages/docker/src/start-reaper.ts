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
  const order: ReaperOrder = { socketPath: host.socketPath, runId: run.runId }
  let child: ChildProcess | null = null
  const begin = (command: readonly string[], otherwise: () => void): void => {
    child = startReaper(command, order, otherwise)
  }
  return {
    start: () => {
      if (script === null || child !== null) return
      begin(watchingCommand(script), () => {
        if (child !== null) begin([execPath, script], () => undefined)
      })
    },
    dismiss: () => {
      child?.stdin?.end('done\n')
      child = null
    },
  }
}

/**
 * Nearly every run ends with a goodbye, so a shell waits for it, which is there in no time and takes no memory. Only when our end of the
 * pipe closes without one does it start the reaper itself, with the same order.
 */
export function watchingCommand(script: string): readonly string[] {
  const wait = 'IFS= read -r order && ! { IFS= read -r word && [ "$word" = "done" ]; } && printf "%s\\n" "$order" | "$1" "$2"'
  return ['/bin/sh', '-c', wait, 'orchestrate-reaper', execPath, script]
}

/** `otherwise` is called when the command cannot be started. */
function startReaper([command = '', ...args]: readonly string[], order: ReaperOrder, otherwise: () => void): ChildProcess {
  // A session of its own: neither Ctrl-C nor a closed terminal reaches it. Its working directory holds nothing busy.
  const child = spawn(command, args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/', env: {} })
  child.on('error', otherwise)
  child.stdin.on('error', () => undefined)
  child.stdin.write(`${JSON.stringify(order)}\n`)
  child.unref()
  // The pipe must stay open as long as we live, without keeping us alive.
  const pipe = child.stdin as Duplex & { unref?: () => void }
  pipe.unref?.()
  return child
}
