import type { EnvironmentError, Result, TargetId, Trouble } from '@orchestrate/core'
import type { Engine } from './engine.ts'
import type { Run } from './run.ts'
import type { ReadyOptions, ReadyToolchain } from './toolchain-port.ts'

/** A toolchain's root file system; asked for once per run, however many builds use it. */
export async function readyToolchain(
  run: Run,
  id: TargetId,
  options: Pick<ReadyOptions, 'layers' | 'progress'>,
): Promise<Result<ReadyToolchain, Trouble>> {
  const target = run.target(id)
  if (target.kind !== 'toolchain') throw new Error(`${id} is not a toolchain`)
  const { name } = target.toolchain
  const key = options.layers ? `${name} with layers` : name
  const known = run.toolchains.get(key)
  if (known !== undefined) return known
  const pending = run.deps.toolchains.ready(target.toolchain, run.identity(name), { ...options, signal: run.deps.stop }).then((result) => {
    if (result.ok) run.setIdentity(name, result.value.identity)
    return result
  })
  run.toolchains.set(key, pending)
  return pending
}

export function connectEngine(run: Run): Promise<Result<Engine, EnvironmentError>> {
  return run.deps.engine()
}
