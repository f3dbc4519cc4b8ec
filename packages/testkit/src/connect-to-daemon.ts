import { dirname, join } from 'node:path'
import { systemClock } from '@orchestrate/core'
import { createDockerEngine } from '@orchestrate/docker'
import { identifyProcess } from './process-identity.ts'
import type { ScriptedDaemon } from './scripted-daemon.ts'

/** A Docker engine of the run `unit` that speaks to a scripted daemon, or to nobody where nobody listens. */
export function connectTo(daemon: Pick<ScriptedDaemon, 'socketPath'>): ReturnType<typeof createDockerEngine> {
  return createDockerEngine({
    host: { kind: 'unix', socketPath: daemon.socketPath },
    run: identifyProcess('unit'),
    reaperPath: null,
    spoolDirectory: join(dirname(daemon.socketPath), 'spool'),
    sharesFiles: true,
    clock: systemClock,
  })
}
