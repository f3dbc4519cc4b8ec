import { type EnvironmentError, type Result, systemClock } from '@orchestrate/core'
import type { Engine } from '@orchestrate/execute'
import { createToolchains, openLockFile, systemProcesses, type LockFile, type Toolchains } from '@orchestrate/toolchain'
import { definedVariables } from './host.ts'
import type { Invocation } from './invocation.ts'
import type { Session } from './session.ts'
import type { WorkspaceLock } from './workspace-lock.ts'

export interface ToolchainRequest {
  readonly invocation: Invocation
  readonly session: Session
  readonly lock: WorkspaceLock
  readonly engine: () => Promise<Result<Engine, EnvironmentError>>
  /** Refuse to change builder.lock. */
  readonly locked: boolean
}

/** Toolchains of this machine: bootstrapped by its mmdebstrap, found in its engine, kept in its store. */
export function openToolchains(request: ToolchainRequest): { readonly toolchains: Toolchains; readonly file: LockFile } {
  const { session, lock, invocation } = request
  const file = openLockFile(
    session.root,
    lock.locked.lock,
    lock.declarations.map(({ name }) => name),
  )
  const toolchains = createToolchains({
    store: session.store,
    engine: request.engine,
    lock: file,
    unlocked: request.locked ? 'refuse' : 'add',
    workspace: session.root,
    platform: session.platform,
    processes: systemProcesses,
    env: definedVariables(invocation.host.env),
    superuser: invocation.host.uid === 0,
    clock: systemClock,
  })
  return { toolchains, file }
}
