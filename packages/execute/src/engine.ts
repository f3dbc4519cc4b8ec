import type { ArchiveEntry, Digest, EnvironmentError, HostCheck, Platform, Result } from '@orchestrate/core'

/**
 * What runs builders. It speaks of root file systems, inputs, outputs, caches, processes and exits;
 * one contract suite (testkit) runs against every implementation.
 */
export interface Engine {
  /** `docker`, `embedded`, `scripted`. */
  readonly name: string
  /** Answers within 5 seconds or fails: `engine/unreachable`, `engine/permission-denied`, `engine/unsupported-version`. */
  probe(signal: AbortSignal): Promise<Result<EngineDescription, EnvironmentError>>
  /** An image that the engine already has, by reference; null when it has none. */
  findImage(reference: string, signal: AbortSignal): Promise<Result<EngineImage | null, EnvironmentError>>
  /** Streams the uncompressed layer tars of an image, lowest first. */
  exportLayers(
    image: EngineImage,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly diffId: Digest; readonly content: AsyncIterable<Uint8Array> }>
  /** Makes a root file system usable by `run`; cheap when it already is. */
  prepare(root: RootFilesystem, signal: AbortSignal): Promise<Result<void, EnvironmentError>>
  /** True when the cache has been filled by an earlier build. */
  hasCache(cache: CacheKey, signal: AbortSignal): Promise<Result<boolean, EnvironmentError>>
  /**
   * Runs one builder to its end. `stop` asks it to end (SIGTERM, then SIGKILL after the grace), `kill` ends it at once.
   * The exit owns what the builder left: dispose it after reading the outputs.
   */
  run(builder: Builder, control: BuilderControl): Promise<Result<BuilderExit, EnvironmentError>>
  /** Removes what dead runs left: processes, mounts, containers, volumes. Gives their names. */
  sweep(signal: AbortSignal): Promise<Result<readonly string[], EnvironmentError>>
  /** Tests by doing them the things that builders need, for `orchestrate doctor`; one answer each, in the order of what depends on what. */
  examine(signal: AbortSignal): Promise<readonly HostCheck[]>
  /** Removes everything this run made and lets go of the engine. */
  close(): Promise<void>
}

export interface EngineDescription {
  readonly version: string
  readonly platform: Platform
  /** One line for `doctor` and the run's first event: `Docker Engine 20.10.24 (overlay2)`, `crun 1.8.1 (/usr/bin/crun), no root`. */
  readonly summary: string
  /** Limits that this engine cannot enforce here, each with the reason: `pids: no cgroup is delegated to this user`. Stated once a run. */
  readonly unenforced: readonly string[]
}

export interface EngineImage {
  readonly reference: string
  /** The engine's own id for it. */
  readonly id: string
  readonly diffIds: readonly Digest[]
  readonly platform: Platform
  readonly env: ReadonlyMap<string, string>
  readonly user: string | null
  readonly workdir: string | null
  /** Bytes. */
  readonly size: number
}

/** A toolchain's file system and the process defaults that came with it. */
export interface RootFilesystem {
  /** SHA-256 of the ordered DiffIDs, env, user, workdir and platform. */
  readonly identity: Digest
  readonly platform: Platform
  /** Defaults of the image it came from (PATH, …); the toolchain's own env is not in here. */
  readonly env: ReadonlyMap<string, string>
  readonly user: string | null
  readonly workdir: string | null
  /** Bytes. */
  readonly size: number
  readonly content: /** Uncompressed layer tars, lowest first. `file` is a path on this machine. */
    | { readonly kind: 'layers'; readonly layers: readonly { readonly diffId: Digest; readonly size: number; readonly file: string }[] }
    /** The engine itself holds it. */
    | { readonly kind: 'engine-image'; readonly id: string; readonly reference: string; readonly diffIds: readonly Digest[] }
}

/** Named, shared, kept between builds; keyed by workspace name, cache id, toolchain identity and platform. */
export interface CacheKey {
  readonly workspace: string
  readonly id: string
  readonly toolchain: Digest
  readonly platform: Platform
}

/** Everything about one builder run. */
export interface Builder {
  /** Unique within the run; engines derive deterministic names from it. */
  readonly id: string
  readonly run: RunIdentity
  readonly root: RootFilesystem
  readonly argv: readonly string[]
  /** Complete: nothing of the host's is added. */
  readonly env: ReadonlyMap<string, string>
  /** Absolute. */
  readonly workdir: string
  /** `uid`, `uid:gid` or a name of the root file system; null for uid 0. */
  readonly user: string | null
  readonly hostname: string
  /** Outer before inner: a mount may lie inside an earlier one, whose tree holds its mount point. */
  readonly mounts: readonly BuilderMount[]
  readonly caches: readonly { readonly key: CacheKey; readonly to: string }[]
  readonly network: 'off' | 'on'
  /** A CA bundle on this machine that the builder sees read-only at `HOST_CERTIFICATES_PATH`, or null. */
  readonly certificates: string | null
  readonly limits: BuilderLimits
  /** Grace between stop and kill, milliseconds. */
  readonly graceMs: number
}

/** What a builder may use at most. An engine that cannot enforce one of them here says so in `EngineDescription.unenforced`. */
export interface BuilderLimits {
  /** Processes and threads at once. */
  readonly pids: number
  /** Bytes, swap included; null for no limit. A kill for want of them is `BuilderExit.outOfMemory`. */
  readonly memory: number | null
  /** Processors, also a part of one; null for no limit. */
  readonly cpus: number | null
}

/** A view of the store inside the builder. */
export interface BuilderMount {
  /** Absolute path on this machine of a directory or file; never written to, whatever the builder does. */
  readonly source: string
  readonly kind: 'directory' | 'file'
  /** Absolute path inside the builder. */
  readonly to: string
  /** `throw-away`: the builder may write, and nobody sees it afterwards. A file comes as a private copy that may be mounted as it is. */
  readonly access: 'read-only' | 'throw-away'
}

/** Where builders find the host's CA bundle (`workspace.builderCertificates: host`). */
export const HOST_CERTIFICATES_PATH = '/run/orchestrate/ca-certificates.crt'

/** Labels what a run makes in an engine, so that a later run can tell the dead from the living. */
export interface RunIdentity {
  readonly runId: string
  readonly pid: number
  /** Start time of the process in clock ticks since boot (/proc/PID/stat field 22). */
  readonly pidStart: string
  readonly bootId: string
}

export interface BuilderControl {
  readonly stdout: (chunk: Uint8Array) => void
  readonly stderr: (chunk: Uint8Array) => void
  readonly stop: AbortSignal
  readonly kill: AbortSignal
}

export interface BuilderExit extends AsyncDisposable {
  /** As the process left it: 137 for SIGKILL; 126 and 127 from the engine when the command could not be started. */
  readonly code: number
  /** True when the kernel killed a process of the builder for want of memory, even when the code is 0. */
  readonly outOfMemory: boolean
  /** True when `stop` or `kill` ended it. */
  readonly stopped: boolean
  /** Set when the command could not be started at all, in the engine's words. */
  readonly startError: string | null
  /** The user or group that the root file system does not list, so that nothing was started; the code is 126. */
  readonly unknownUser: string | null
  /** What lies under /out, paths relative to it; may be read once. */
  outputs(signal: AbortSignal): AsyncIterable<ArchiveEntry>
}

/** Thrown by streams of an engine (outputs, layers) that ended early. */
export class EngineStreamError extends Error {
  override readonly name = 'EngineStreamError'
}
