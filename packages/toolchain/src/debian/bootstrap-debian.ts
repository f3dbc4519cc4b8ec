import type { DebianSource } from '@orchestrate/config'
import { type EnvironmentError, err, ok, type Platform, type Result } from '@orchestrate/core'
import { withStoreLock } from '@orchestrate/store'
import { baseKey, type DebianBase, openDebianBases } from './base-index.ts'
import { bootstrapError, versionsDiffer } from './bootstrap-error.ts'
import { type BootstrapDeps, type BootstrapFault, type BootstrapOptions, type Bootstrapped, runMmdebstrap } from './run-mmdebstrap.ts'

export interface DebianRequest {
  /** The toolchain's name. */
  readonly name: string
  readonly source: DebianSource
  readonly platform: Platform
  /** Every package with its version, from builder.lock; null for the newest. */
  readonly locked: ReadonlyMap<string, string> | null
}

/**
 * Bootstraps a root file system: the essential packages of the suite, made once for all toolchains of that suite, and the
 * declared packages with what they depend on, without recommendations.
 */
export async function bootstrapDebian(
  request: DebianRequest,
  deps: BootstrapDeps,
  options: BootstrapOptions,
): Promise<Result<Bootstrapped, EnvironmentError>> {
  const invalid = invalidWords(request)
  if (invalid !== null) return err(invalid)
  let result = await installIntoBase(request, deps, options, 'any')
  if (!result.ok && result.error.kind === 'problem' && result.error.problem.kind === 'base-outdated') {
    result = await installIntoBase(request, deps, options, 'new')
  }
  if (!result.ok) return err(bootstrapError(request, result.error))
  const different = request.locked === null ? null : versionsDiffer(request.name, request.locked, result.value.versions)
  return different === null ? result : err(different)
}

/** Words that become arguments: a suite or package must not read as an option or a pattern. */
function invalidWords({ name, source }: DebianRequest): EnvironmentError | null {
  const packages = source.packages.filter((word) => !/^[a-z0-9][a-z0-9+.-]+$/.test(word))
  const fault = (problem: Parameters<typeof bootstrapError>[1]): EnvironmentError => bootstrapError({ name, source, locked: null }, problem)
  if (packages.length > 0) return fault({ kind: 'problem', problem: { kind: 'unknown-packages', packages, known: [] } })
  if (!/^[a-z][a-z0-9.-]*$/.test(source.suite))
    return fault({ kind: 'problem', problem: { kind: 'unknown-suite', repository: source.suite } })
  return null
}

async function installIntoBase(
  request: DebianRequest,
  deps: BootstrapDeps,
  options: BootstrapOptions,
  which: 'any' | 'new',
): Promise<Result<Bootstrapped, BootstrapFault>> {
  const base = await readyBase(request, deps, options, which)
  if (!base.ok) return base
  const file = await deps.store.blobs.file(base.value.layer, false)
  if (!file.ok) return err({ kind: 'store', error: file.error })
  return runMmdebstrap({ what: request.name, source: request.source, locked: request.locked, base: file.value }, deps, options)
}

/** A base that fits, bootstrapped by one process while others wait for it. */
async function readyBase(
  request: DebianRequest,
  deps: BootstrapDeps,
  options: BootstrapOptions,
  which: 'any' | 'new',
): Promise<Result<DebianBase, BootstrapFault>> {
  const bases = openDebianBases(deps.store, request.source, request.platform)
  const since = which === 'any' ? Number.NEGATIVE_INFINITY : deps.clock.now()
  const find = async (): Promise<DebianBase | null> => {
    const fitting = (await bases.list()).find((base) => base.at >= since && fits(base, request.locked))
    return fitting !== undefined && (await deps.store.blobs.verify([fitting.layer])).length === 0 ? fitting : null
  }
  const known = await find()
  if (known !== null) return ok(known)
  const name = baseKey(request.source, request.platform)
  const make = async (): Promise<Result<DebianBase, BootstrapFault>> => {
    const made = await find()
    if (made !== null) return ok(made)
    const bootstrap = { what: `${request.source.suite} base`, source: request.source, locked: request.locked, base: null }
    const result = await runMmdebstrap(bootstrap, deps, options)
    if (!result.ok) return result
    const base: DebianBase = { layer: result.value.layer.digest, versions: result.value.versions, at: deps.clock.now() }
    await bases.add(base)
    return ok(base)
  }
  return withStoreLock(deps.store.root, name, make, options.signal)
}

/** Without a lock any base may do: the set-up script finds out when it is outdated. */
function fits(base: DebianBase, locked: ReadonlyMap<string, string> | null): boolean {
  return locked === null || [...base.versions].every(([name, version]) => locked.get(name) === version)
}
