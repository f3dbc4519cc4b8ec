import type { Located, Span, WorkspacePath } from '@orchestrate/core'

/** The tree under the root builder.yaml: templates expanded, `${{ }}` replaced, every path resolved. */
export interface Workspace {
  readonly name: string
  /** Absolute real path of the workspace root on this machine; never part of a fingerprint. */
  readonly root: string
  /** Images are `<repository>/<service>` unless they say otherwise. */
  readonly repository: string | null
  /** Whether builders see the host's CA bundle; never part of a fingerprint. */
  readonly builderCertificates: 'none' | 'host'
  /** What runs builders unless a flag or a variable says otherwise; null when it is not said. Never part of a fingerprint. */
  readonly engine: EngineChoice | null
  readonly toolchains: ReadonlyMap<string, ToolchainDeclaration>
  readonly services: ReadonlyMap<string, Service>
  readonly libraries: ReadonlyMap<string, Library>
  /** Text of every builder.yaml that was read, by workspace-relative path: what code frames are cut from. */
  readonly files: ReadonlyMap<string, string>
}

/** `auto`: Docker where it answers, else the embedded engine. */
export type EngineChoice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'docker' }
  /** On this OCI runtime (a name on PATH or an absolute path); null takes the first known one that starts a container. */
  | { readonly kind: 'embedded'; readonly runtime: string | null }

export interface ToolchainDeclaration {
  /** The key under `toolchains`; for an image's own `debian` base a name derived from its declaration. */
  readonly name: string
  readonly span: Span
  readonly source: ToolchainSource
  /** Environment of every build that uses it, sorted by name. */
  readonly env: ReadonlyMap<string, string>
  /** Cache id to absolute directory inside the builder. */
  readonly caches: ReadonlyMap<string, string>
}

export type ToolchainSource =
  | { readonly kind: 'image'; readonly reference: string }
  | DebianSource
  | { readonly kind: 'rootfs'; readonly path: WorkspacePath }
  | ArchiveSource

/** An image in the work tree. */
export interface ArchiveSource {
  readonly kind: 'archive'
  readonly format: 'oci' | 'docker-archive'
  /** The directory of the layout, or the archive. */
  readonly path: WorkspacePath
  /** The file whose content decides what the image is: the archive itself, or the layout's index, which names all else by digest. */
  readonly pinned: WorkspacePath
  /** Which of its images; null for its only one. */
  readonly reference: string | null
  /** As in the file: `oci:images/go:1.24`. */
  readonly written: string
}

/** A root file system bootstrapped from a Debian mirror. */
export interface DebianSource {
  readonly kind: 'debian'
  readonly suite: string
  /** Sorted, without duplicates. */
  readonly packages: readonly string[]
  /** Base address of the mirror, or null for Debian's own. */
  readonly mirror: string | null
  /** `YYYYMMDDTHHMMSSZ` of snapshot.debian.org, or null. */
  readonly snapshot: string | null
}

/** A named set of sources that others build with; it has no target of its own. */
export interface Library {
  readonly name: string
  readonly dir: WorkspacePath
  readonly span: Span
  readonly sources: readonly InputPattern[]
  readonly uses: readonly Located<string>[]
}

/** A named unit that has targets. */
export interface Service {
  readonly name: string
  readonly dir: WorkspacePath
  /** Of its name, for findings about the service as a whole. */
  readonly span: Span
  /** Sorted by name. */
  readonly builds: ReadonlyMap<string, Build>
  readonly image: Image | null
}

/** One builder-container run. */
export interface Build {
  readonly service: string
  readonly name: string
  readonly span: Span
  readonly toolchain: Located<string>
  readonly command: Command
  /** The build's own environment; the toolchain's is added below it. Sorted by name. */
  readonly env: ReadonlyMap<string, string>
  /** The build's own patterns first, then those of every library that it uses, directly or not, by library name. */
  readonly inputs: readonly InputGroup[]
  /** Relative to /out, normalised, sorted; empty for a check. */
  readonly outputs: readonly Located<string>[]
  readonly needs: readonly Need[]
  /** Where the service's directory is inside the builder: the workdir. Absolute. */
  readonly workdir: string
  /** True when `source.path` moved the service's directory away from `/workspace/<dir>`. */
  readonly sourceMoved: boolean
  readonly sourceWritable: boolean
  readonly network: 'off' | 'on'
  /** Cache id to absolute directory inside the builder: the toolchain's and the build's own, sorted by id. */
  readonly caches: ReadonlyMap<string, string>
  /** `uid`, `uid:gid`, a name; null for uid 0. */
  readonly user: string | null
  readonly limits: BuildLimits
}

/** What bounds a builder; never in a fingerprint, because it changes no output. Null: no bound. */
export interface BuildLimits {
  /** Processors; may be a part of one. */
  readonly cpus: number | null
  /** Bytes. */
  readonly memory: number | null
  /** How long the command may run. */
  readonly timeout: Duration | null
  /** How long it may write nothing. */
  readonly silence: Duration | null
}

export interface Duration {
  /** As written. */
  readonly text: string
  readonly milliseconds: number
}

/** `run`: steps, each executed by `sh -ec`; `exec`: one argv without a shell. */
export type Command =
  | { readonly kind: 'run'; readonly steps: readonly string[] }
  | { readonly kind: 'exec'; readonly argv: readonly string[] }

/** Patterns that were written in one place and share a base directory; `!` excludes within its own group only. */
export interface InputGroup {
  /** The directory that relative patterns start from: the service's or the library's. */
  readonly base: WorkspacePath
  /** The library they come from, or null for the build's own. */
  readonly library: string | null
  readonly patterns: readonly InputPattern[]
}

export interface InputPattern {
  /** As written, without a leading `!` or `//`. */
  readonly glob: string
  /** True when it was written with a leading `//`: relative to the workspace root. */
  readonly fromRoot: boolean
  readonly excludes: boolean
  readonly optional: boolean
  readonly span: Span
}

/** `[SERVICE:]BUILD/PATH`, with the service filled in. */
export interface ArtifactReference {
  readonly service: string
  readonly build: string
  /** One of that build's outputs, or a path inside one. */
  readonly path: string
}

export interface Need {
  readonly artifact: ArtifactReference
  /** Absolute path inside the builder. */
  readonly to: string
  readonly writable: boolean
  readonly span: Span
}

/** The emitted runtime image. */
export interface Image {
  readonly service: string
  readonly span: Span
  readonly from: ImageBase
  /** Checks that must have succeeded at their present fingerprint, else the image is blocked. */
  readonly gates: readonly Located<{ readonly service: string; readonly build: string }>[]
  readonly files: readonly ImageFile[]
  /** Names of the layers that files choose, lowest first; each holds at least one file. */
  readonly layers: readonly string[]
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
  readonly env: ReadonlyMap<string, string>
  readonly workdir: string | null
  readonly user: string | null
  /** `8080/tcp`, sorted. */
  readonly ports: readonly string[]
  /** Absolute paths, sorted. */
  readonly volumes: readonly string[]
  /** `SIGTERM`, `SIGRTMIN+3`, `15`. */
  readonly stopSignal: string | null
  readonly healthcheck: Healthcheck | null
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  /** At least one. */
  readonly tags: readonly string[]
  /** Without a tag. */
  readonly repository: string
  readonly caCertificates: boolean
  readonly timezones: boolean
  /** Bytes, with where it was written, or null. */
  readonly maxSize: Located<number> | null
  /** Seconds since the Unix epoch. */
  readonly created: number
}

/** Null where the engine's default holds. */
export interface Healthcheck {
  readonly test: { readonly kind: 'exec'; readonly argv: readonly string[] } | { readonly kind: 'shell'; readonly command: string }
  /** Milliseconds. */
  readonly interval: number | null
  /** Milliseconds. */
  readonly timeout: number | null
  /** Milliseconds. */
  readonly startPeriod: number | null
  readonly retries: number | null
}

export type ImageBase =
  | { readonly kind: 'scratch' }
  /** An unnamed toolchain that only serves as a base. */
  | { readonly kind: 'debian'; readonly base: ToolchainDeclaration }
  | { readonly kind: 'toolchain'; readonly toolchain: Located<string> }
  /** The image of another service. */
  | { readonly kind: 'service'; readonly service: Located<string> }

export type ImageFile = {
  /** Absolute path inside the image. */
  readonly to: string
  /** Permission bits for files, or null for what the source has (0644 or 0755). */
  readonly mode: number | null
  readonly owner: { readonly uid: number; readonly gid: number } | null
  /** One of the image's layers, or null for the last one, which has no name. */
  readonly layer: string | null
  readonly span: Span
} & (
  | { readonly kind: 'artifact'; readonly artifact: ArtifactReference }
  /** A file or directory of the work tree. */
  | { readonly kind: 'source'; readonly path: WorkspacePath }
  | { readonly kind: 'content'; readonly content: string }
)
