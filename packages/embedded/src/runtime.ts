/** An OCI runtime of this machine. */
export interface Runtime {
  /** Absolute. */
  readonly path: string
  /** What its first line of `--version` calls it; decides only which of its own options are given. */
  readonly kind: 'crun' | 'runc' | 'other'
  /** `1.8.1`, or `of unknown version`. */
  readonly version: string
}

/**
 * How uids of builders are those of this machine. `root`: uid 0 to 65535 as they are, in a user namespace of the container.
 * `subordinate`: 0 is the caller, the others its subordinate ids. `single`: there is only one, the caller.
 */
export type IdMap = 'root' | 'subordinate' | 'single'

/** Everything about this machine that decides how a container is started, found by starting one. */
export interface Host {
  readonly runtime: Runtime
  readonly ids: IdMap
  /** Where what builders write to their root goes: the run's directory, a tmpfs, or nowhere because no overlay can be mounted. */
  readonly upper: 'disk' | 'tmpfs' | 'none'
  /** An init process for builders, absolute; null when there is none or none works. */
  readonly init: string | null
  readonly cgroupNamespace: boolean
}

/** Programs of util-linux and the shell that start a container; absolute paths. */
export interface Tools {
  readonly setpriv: string
  readonly unshare: string
  readonly mount: string
  readonly sh: string
}

/** Reads the first lines of `runtime --version`. */
export function parseRuntimeVersion(path: string, text: string): Runtime {
  const [, name = '', version] = /^(\S+) version ?(\S+)?/.exec(text) ?? []
  const kind = name === 'crun' || name === 'runc' ? name : 'other'
  return { path, kind, version: version ?? 'of unknown version' }
}
