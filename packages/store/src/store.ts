import type { ArchiveEntry, Digest, EnvironmentError, Result, TargetId, Trouble } from '@orchestrate/core'
import type { ActionRecord } from './action-record.ts'
import type { Tree, TreeEntry } from './tree.ts'

/**
 * The local store: `$ORCHESTRATE_STORE`, else `$XDG_CACHE_HOME/orchestrate`, else `~/.cache/orchestrate`, mode 0700.
 * Shared by all workspaces of a user and by concurrent runs. Nothing in it is ever written in place.
 */
export interface Store {
  /** Absolute path. */
  readonly root: string
  readonly blobs: Blobs
  readonly records: Records
  readonly views: Views
  readonly trees: Trees
  readonly logs: Logs
  /** Takes what a builder left under /out, or an archive; see `IngestedOutputs`. */
  ingest(entries: AsyncIterable<ArchiveEntry>, declared: readonly string[]): Promise<Result<IngestedOutputs, Trouble>>
  /** A scratch directory on the store's file system, removed on dispose; leftovers of dead runs are swept. */
  scratch(): Promise<Result<Scratch, EnvironmentError>>
  /**
   * By what these records and blobs are known again. Null when one of them is not there, was not read through this store, or is not
   * known to be intact.
   */
  seal(records: readonly Digest[], blobs: Iterable<Digest>): StoreSeal | null
  /** Whether every record and blob is the intact file that it was when `seal` was made; `verify` would say the same. */
  isAsSealed(seal: StoreSeal): boolean
  /** Reads everything; see `StoreExamination`. What is damaged is set aside, and made again when it is needed. */
  examine(signal: AbortSignal): Promise<Result<StoreExamination, EnvironmentError>>
  /** State of one workspace (stat cache, history, parse cache), by the real path of its root. */
  workspaceState(root: string): Promise<Result<WorkspaceState, EnvironmentError>>
  /**
   * Keeps what was learnt about intact blobs for the next run and removes this run's temporary files.
   * A store that was not closed loses nothing but time. Nothing of the store may be used afterwards.
   */
  close(): Promise<void>
}

/** What reading all of a store found. */
export interface StoreExamination {
  /** How many were read, executable twins counted. */
  readonly blobs: number
  readonly records: number
  /** Moved to `quarantine/`. */
  readonly damagedBlobs: readonly Digest[]
  /** Fingerprints of the records that were removed: damaged, or of another version of orchestrate. */
  readonly damagedRecords: readonly Digest[]
}

/**
 * Files of a store, each with the state in which it was read and found right, in columns: a plan of a thousand services names
 * some ten thousand. It holds for one boot of the machine only, as a power cut may tear files that were not synced.
 */
export interface StoreSeal {
  /** The 64 hexadecimal digits of each, one after the other. */
  readonly digests: string
  /** What each is: 0 a record, 1 a blob's plain file, 2 its executable twin. */
  readonly kinds: Uint8Array
  /** Inode, size, mtime and ctime of each. */
  readonly states: Float64Array
}

export interface Scratch extends AsyncDisposable {
  readonly path: string
}

/**
 * Content-addressed files, mode 0444 (0555 for the executable twin), mtime a constant of the content
 * (1980-01-02T00:00:00Z plus digest mod 2^29 seconds), so that a view can hard-link them.
 */
export interface Blobs {
  /** Streams to a temporary file, fsync, rename. With `expected`, content of another digest gives `store/digest-mismatch`. */
  put(content: AsyncIterable<Uint8Array> | Uint8Array | string, options?: PutOptions): Promise<Result<StoredBlob, EnvironmentError>>
  /** Copies a file of this machine by reflink where possible, verifying it against `expected` while copying; null when its content differs. */
  copyFile(
    path: string,
    expected: Digest,
    options?: { readonly executable?: boolean },
  ): Promise<Result<StoredBlob | null, EnvironmentError>>
  /** Present and of the right size, without reading it. */
  has(digest: Digest): Promise<boolean>
  /** Reads and checks every blob that has not been checked since its file last changed; gives the missing or damaged ones, which are set aside. */
  verify(digests: readonly Digest[]): Promise<readonly Digest[]>
  /** Streams a blob; a missing or damaged one ends in an IntegrityError. A piece is the reader's until it takes the next one. */
  read(digest: Digest): AsyncIterable<Uint8Array>
  /** A small blob as text, or null when it is missing or damaged. */
  text(digest: Digest): Promise<string | null>
  size(digest: Digest): Promise<number | null>
  /** Absolute path of the blob's file, made with the wanted executable bit. */
  file(digest: Digest, executable: boolean): Promise<Result<string, EnvironmentError>>
}

export interface PutOptions {
  readonly executable?: boolean
  readonly expected?: Digest
}

export interface StoredBlob {
  readonly digest: Digest
  readonly size: number
}

/** Small immutable JSON files by fingerprint. A record that cannot be read or is of another schema is a miss. */
export interface Records {
  get(fingerprint: Digest): Promise<ActionRecord | null>
  put(record: ActionRecord): Promise<Result<void, EnvironmentError>>
  remove(fingerprint: Digest): Promise<void>
}

/** Trees of hard links to blobs: what builders see. */
export interface Views {
  /**
   * A directory (or, for a tree with the single path '', a file) that holds exactly `tree`, plus empty directories and files
   * as mount points. The same request gives the same path; the caller must not write to it.
   */
  layOut(tree: Tree, mountPoints?: readonly MountPoint[]): Promise<Result<View, EnvironmentError>>
}

export interface MountPoint {
  /** Relative to the view's root. */
  readonly path: string
  readonly kind: 'directory' | 'file'
}

export interface View {
  /** Absolute path on this machine. */
  readonly path: string
  readonly kind: 'directory' | 'file'
}

export interface Logs {
  /** Where the log of a target's last run lies, built or not; the directory exists. */
  pathFor(workspaceRoot: string, target: TargetId): string
}

export interface WorkspaceState {
  readonly directory: string
  readonly history: History
}

/** What happened to each target last, for reasons, estimates and the critical path. Losing it costs nothing but those. */
export interface History {
  /** The last success, or null. */
  lastGood(target: TargetId): HistoryItem | null
  /** The fingerprint of the last run when it failed, or null. */
  lastFailure(target: TargetId): Digest | null
  recordGood(target: TargetId, item: HistoryItem): void
  recordFailure(target: TargetId, fingerprint: Digest): void
  /** Writes what was recorded, merged with what other runs wrote meanwhile. */
  save(): Promise<Result<void, EnvironmentError>>
}

export interface HistoryItem {
  readonly fingerprint: Digest
  /** Of the build that produced it, not of a hit. */
  readonly durationMs: number
}

/** Reads, checks and makes trees. */
export interface Trees {
  /** Stores the canonical JSON of `entries` (validated) and gives the artifact's digest. */
  put(entries: readonly TreeEntry[]): Promise<Result<Digest, EnvironmentError>>
  get(digest: Digest): Promise<Tree | null>
}

/**
 * What `ingest` found. Names never became paths: contents went to blobs under random temporary names, names to the trees,
 * and one validator (`validateTree`) judged them. Hostile entries give the Failure `build/output-rejected`.
 */
export interface IngestedOutputs {
  /** By declared output, in the given order; null where it was missing. */
  readonly artifacts: readonly ({ readonly output: string; readonly tree: Digest; readonly bytes: number } | null)[]
  /** Every path that was there (at most 100), for the message about a missing output. */
  readonly found: readonly string[]
}
