import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { addBusybox, createRig, executable, type Rig, ROOT } from './rig.ts'

/** A service that is done at once, and one whose builder says `ready` and then runs until it is ended. */
export function longRig(script: string, engine: 'docker' | 'embedded'): Rig {
  const rig = createRig(
    {
      'builder.yaml': ROOT,
      'quick/builder.yaml':
        'version: 1\nservice: quick\nbuild: { toolchain: busybox, run: "echo quick > /out/app", inputs: [], outputs: [app] }\n',
      'slow/builder.yaml': `version: 1\nservice: slow\nbuild:\n  toolchain: busybox\n  run: |\n    ${script}\n  needs: [{ artifact: "quick:build/app", to: /opt/quick }]\n  inputs: []\n  outputs: []\n`,
    },
    engine,
  )
  addBusybox(rig)
  return rig
}

/** An apply whose slow builder runs. */
export interface StartedApply extends Disposable {
  readonly pid: number
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  readonly events: readonly {
    readonly type: string
    readonly outcome?: string
    readonly targets?: readonly { readonly id: string; readonly outcome: string }[]
  }[]
}

/** Starts apply and resolves once the slow builder has said `ready`. */
export async function startApply(rig: Rig): Promise<StartedApply> {
  const child = spawn(process.execPath, [executable, 'apply', '--json', '--no-load'], {
    cwd: rig.root,
    env: rig.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const events: StartedApply['events'][number][] = []
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }))
  await new Promise<void>((ready, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as StartedApply['events'][number] & { readonly line?: string }
      events.push(event)
      if (event.type === 'target-output' && event.line === 'ready') ready()
    })
    void ended.then(({ code }) => reject(new Error(`ended with ${code} before the builder was ready`)))
  })
  return {
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    ended,
    events,
    [Symbol.dispose]: () => void child.kill('SIGINT'),
  }
}
