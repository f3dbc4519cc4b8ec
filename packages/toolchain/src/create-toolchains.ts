import type { ToolchainDeclaration } from '@orchestrate/config'
import {
  assertNever,
  type Clock,
  type Digest,
  type EnvironmentError,
  err,
  ok,
  type Platform,
  type Result,
  type Trouble,
} from '@orchestrate/core'
import type { Engine, ReadyOptions, ReadyToolchain, ToolchainProvider } from '@orchestrate/execute'
import type { Store } from '@orchestrate/store'
import { type Acquisition, singleLayerRoot } from './acquired-root.ts'
import { importArchive } from './archive/import-archive.ts'
import { bootstrapDebian } from './debian/bootstrap-debian.ts'
import { toolchainIdentity } from './identity.ts'
import { findImage } from './image/find-image.ts'
import type { LockFile } from './lock/lock-file.ts'
import { compareIdentity, missingEntry } from './lock/lock-error.ts'
import type { ProcessRunner } from './process-runner.ts'
import { openResolutions } from './resolutions.ts'
import { importRootfs } from './rootfs/import-rootfs.ts'
import { openRoot, saveRoot } from './stored-root.ts'
import { storeTimezones } from './stored-timezones.ts'
import type { LockEntry } from './toolchain.ts'

export interface ToolchainDeps {
  readonly store: Store
  /** Asked for only by toolchains of kind `image`. */
  readonly engine: () => Promise<Result<Engine, EnvironmentError>>
  readonly lock: LockFile
  /** What becomes of a toolchain without an entry: `add` writes one, `refuse` (`--locked`) is the error `lock/missing-entry`. */
  readonly unlocked: 'add' | 'refuse'
  /** Absolute path of the workspace. */
  readonly workspace: string
  readonly platform: Platform
  readonly processes: ProcessRunner
  /** The host's environment: PATH and proxy variables reach the bootstrap, nothing else. */
  readonly env: ReadonlyMap<string, string>
  /** True when this process is uid 0. */
  readonly superuser: boolean
  readonly clock: Clock
}

export interface Toolchains extends ToolchainProvider {
  /** What a declaration resolves to now, whatever builder.lock holds; the store has its root file system afterwards. Writes no lock. */
  resolve(declaration: ToolchainDeclaration, options: Omit<ReadyOptions, 'layers'>): Promise<Result<LockEntry, Trouble>>
}

/** Makes toolchains ready: from the store, else bootstrapped, imported, or found in an engine. */
export function createToolchains(deps: ToolchainDeps): Toolchains {
  const pending = new Map<string, Promise<Result<ReadyToolchain, Trouble>>>()
  const timezones = new Map<Digest, ReturnType<typeof storeTimezones>>()
  return {
    async ready(declaration, identity, options) {
      const key = JSON.stringify([declaration.name, identity, options.layers])
      const started = pending.get(key) ?? makeReady(deps, declaration, identity, options)
      pending.set(key, started)
      const result = await started
      // A failure may be tried again; a success is found in the store the next time.
      pending.delete(key)
      return result
    },
    timezones(toolchain) {
      const started = timezones.get(toolchain.identity) ?? storeTimezones(deps.store, toolchain)
      timezones.set(toolchain.identity, started)
      return started
    },
    async resolve(declaration, options) {
      const made = await make(deps, declaration, null, { ...options, layers: false })
      return made.ok ? ok(made.value.entry) : made
    },
  }
}

async function makeReady(
  deps: ToolchainDeps,
  declaration: ToolchainDeclaration,
  identity: Digest | null,
  options: ReadyOptions,
): Promise<Result<ReadyToolchain, Trouble>> {
  const { name } = declaration
  if (identity === null && deps.unlocked === 'refuse') return err(missingEntry(name))
  const entry = identity === null ? await recentResolution(deps, declaration) : deps.lock.entry(name)
  if (identity !== null && entry?.identity !== identity) throw new Error(`"${name}" has no entry with the identity ${identity}`)
  const stored = entry === null ? null : await openRoot(deps.store, entry, options)
  if (entry !== null && stored !== null) return identity === null ? addEntry(deps, name, entry, ok(stored)) : ok(stored)
  const made = await make(deps, declaration, identity === null ? null : entry, options)
  if (!made.ok) return made
  return identity === null ? addEntry(deps, name, made.value.entry, ok(made.value.ready)) : ok(made.value.ready)
}

async function addEntry(
  deps: ToolchainDeps,
  name: string,
  entry: LockEntry,
  ready: Result<ReadyToolchain, Trouble>,
): Promise<Result<ReadyToolchain, Trouble>> {
  const written = await deps.lock.set(new Map([[name, entry]]))
  return written.ok ? ready : written
}

async function recentResolution(deps: ToolchainDeps, { source }: ToolchainDeclaration): Promise<LockEntry | null> {
  return source.kind === 'debian' ? openResolutions(deps.store, deps.clock).recent(source, deps.platform) : null
}

interface Made {
  readonly entry: LockEntry
  readonly ready: ReadyToolchain
}

/** Acquires a root file system anew, compares it with `locked` and keeps it in the store. */
async function make(
  deps: ToolchainDeps,
  declaration: ToolchainDeclaration,
  locked: LockEntry | null,
  options: ReadyOptions,
): Promise<Result<Made, EnvironmentError>> {
  const started = deps.clock.monotonic()
  const acquired = await acquire(deps, declaration, locked, options)
  if (!acquired.ok) return acquired
  const { root, size, source } = acquired.value
  const entry: LockEntry = { identity: toolchainIdentity(root), root, size, source }
  const different = locked === null ? null : compareIdentity(declaration, locked, entry)
  if (different !== null) return err(different)
  const record = { name: declaration.name, durationMs: Math.round(deps.clock.monotonic() - started), finishedAt: deps.clock.now() }
  const ready = await saveRoot(deps.store, entry, acquired.value, record)
  if (!ready.ok) return ready
  if (declaration.source.kind === 'debian') await openResolutions(deps.store, deps.clock).remember(declaration.source, entry)
  return ok({ entry, ready: ready.value })
}

async function acquire(
  deps: ToolchainDeps,
  { name, source }: ToolchainDeclaration,
  locked: LockEntry | null,
  options: ReadyOptions,
): Promise<Acquisition> {
  const { store, platform, workspace } = deps
  switch (source.kind) {
    case 'debian': {
      const versions = locked?.source.kind === 'debian' ? locked.source.versions : null
      const made = await bootstrapDebian({ name, source, platform, locked: versions }, deps, options)
      if (!made.ok) return made
      const { suite, mirror, snapshot, packages } = source
      return ok({
        ...singleLayerRoot(made.value.layer, platform),
        source: { kind: 'debian', suite, mirror, snapshot, packages, versions: made.value.versions },
      })
    }
    case 'rootfs':
      return importRootfs({ name, workspace, path: source.path, platform }, store, options.signal)
    case 'archive':
      return importArchive({ name, workspace, source, platform }, store, options.signal)
    case 'image': {
      const engine = await deps.engine()
      return engine.ok
        ? findImage({ name, reference: source.reference, layers: options.layers }, engine.value, store, options.signal)
        : engine
    }
    default:
      return assertNever(source)
  }
}
