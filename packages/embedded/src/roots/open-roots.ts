import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson, type Digest, digestOf, type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import type { RootFilesystem } from '@orchestrate/execute'
import { onDisk, withStoreLock } from '@orchestrate/store'
import { addMountPoints, missingMountPoints } from './add-mount-points.ts'
import { fileLayers, imageLayers } from './layer-sources.ts'
import { matchesState, measureRoot, readState, writeState } from './root-state.ts'
import type { RootDirectory, Roots, RootsOptions } from './roots.ts'
import { createRootsDisk, type RootsDisk } from './roots-disk.ts'
import { rootsError } from './roots-error.ts'
import { type RootRequest, unpackRoot } from './unpack-root.ts'

/** Root file systems of one user, unpacked below `options.directory` and shared by all processes of that user. */
export function openRoots(options: RootsOptions): Roots {
  const directory = join(options.directory, 'roots')
  return new RootShelf({ ...options, directory }, createRootsDisk(directory, options.clock))
}

type Ensured = Result<RootDirectory, EnvironmentError>

class RootShelf implements Roots {
  readonly #options: RootsOptions
  readonly #disk: RootsDisk
  readonly #ensuring = new Map<string, Promise<Ensured>>()
  readonly #verified = new Map<Digest, Promise<boolean>>()

  constructor(options: RootsOptions, disk: RootsDisk) {
    this.#options = options
    this.#disk = disk
  }

  ensure(root: RootFilesystem, mountPoints: readonly string[], signal: AbortSignal): Promise<Ensured> {
    if (root.content.kind === 'engine-image') return Promise.resolve(err(notHere(root.content.reference)))
    const layers = fileLayers(root.content.layers)
    return this.#ensureOnce({ identity: root.identity, purpose: 'builder', layers, mountPoints }, signal)
  }

  ensureImage(image: Parameters<Roots['ensureImage']>[0], signal: AbortSignal): Promise<Ensured> {
    const layers = imageLayers(image)
    const diffIds = layers.map(({ diffId }) => diffId)
    const identity = digestOf(canonicalJson({ domain: 'orchestrate/image-root', version: 1, diffIds }))
    return this.#ensureOnce({ identity, purpose: 'image', layers, mountPoints: [] }, signal)
  }

  verify({ path, identity }: RootDirectory): Promise<boolean> {
    const known = this.#verified.get(identity)
    if (known !== undefined) return known
    const verifying = this.#verify(path, identity)
    this.#verified.set(identity, verifying)
    return verifying
  }

  discard({ path, identity }: RootDirectory): Promise<void> {
    // Somebody else may have unpacked it again meanwhile.
    return this.#locked(identity, NEVER, async () => {
      this.#verified.delete(identity)
      if (!(await this.#matches(path, identity))) await this.#disk.remove(identity)
    })
  }

  sweep(): Promise<readonly string[]> {
    return this.#disk.sweep()
  }

  /** One at a time for each root: whoever asks meanwhile finds it made, or tries again what was stopped or failed. */
  async #ensureOnce(request: RootRequest, signal: AbortSignal): Promise<Ensured> {
    const before = this.#ensuring.get(request.identity)
    const ensuring = (before ?? Promise.resolve()).then(() => this.#ensure(request, signal))
    this.#ensuring.set(request.identity, ensuring)
    try {
      return await ensuring
    } finally {
      if (this.#ensuring.get(request.identity) === ensuring) this.#ensuring.delete(request.identity)
    }
  }

  async #ensure(request: RootRequest, signal: AbortSignal): Promise<Ensured> {
    try {
      if (!this.#isReady(request)) await this.#locked(request.identity, signal, () => this.#make(request, signal))
      return ok({ path: this.#disk.rootPath(request.identity), identity: request.identity })
    } catch (error) {
      const trouble = rootsError(error, { directory: this.#options.directory, layers: request.layers, signal })
      if (trouble === null) throw error
      return err(trouble)
    }
  }

  async #make(request: RootRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#isReady(request)) return
    if (!(await this.#extend(request))) {
      await this.#disk.remove(request.identity)
      await this.#disk.sweep()
      const { progress, clock, uid, find } = this.#options
      const owners = request.purpose === 'image' && uid === 0 ? 'kept' : 'dropped'
      await unpackRoot(request, this.#disk, { owners, progress, clock, find, signal })
    }
    this.#verified.delete(request.identity)
  }

  #isReady({ identity, mountPoints }: RootRequest): boolean {
    const root = this.#disk.rootPath(identity)
    const isThere = (path: string): boolean => onDisk(path, () => lstatSync(path, { throwIfNoEntry: false })) !== undefined
    return isThere(root) && isThere(this.#disk.statePath(identity)) && missingMountPoints(root, mountPoints).length === 0
  }

  /** Makes missing mount points in a root that is as it was unpacked; false when there is no such root. */
  async #extend({ identity, mountPoints }: RootRequest): Promise<boolean> {
    const path = this.#disk.rootPath(identity)
    if (!(await this.#matches(path, identity))) return false
    addMountPoints(path, missingMountPoints(path, mountPoints))
    writeState(this.#disk.statePath(identity), await measureRoot(path, this.#options.find))
    return true
  }

  /** Another process may just have been making a mount point. */
  async #verify(path: string, identity: Digest): Promise<boolean> {
    return (await this.#matches(path, identity)) || this.#locked(identity, NEVER, () => this.#matches(path, identity))
  }

  async #matches(path: string, identity: Digest): Promise<boolean> {
    const state = readState(this.#disk.statePath(identity))
    return state !== null && matchesState(path, state, this.#options.find)
  }

  #locked<T>(identity: Digest, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return withStoreLock(this.#options.directory, identity, work, signal)
  }
}

const NEVER = new AbortController().signal

const notHere = (reference: string): EnvironmentError =>
  environmentError({
    id: 'embedded/engine-image',
    message: `the embedded engine has no images of its own: "${reference}" is held by another engine`,
    help: 'use the Docker engine, or import the image as a root file system with rootfs',
  })
