import type { Digest } from './digest.ts'
import type { Reason } from './reason.ts'
import type { Trouble } from './failure.ts'
import type { TargetId, TargetKind } from './target-id.ts'

/** What the plan decided for a target; see `Decision` in ARCHITECTURE.md's words. */
export type DecisionKind = 'build' | 'restore' | 'emit' | 'current' | 'blocked'

/** How a target ended. `skipped`: not started because something it needs failed, or the run stopped. */
export type TargetOutcome = 'succeeded' | 'failed' | 'skipped' | 'cancelled'

export type RunOutcome = 'succeeded' | 'failed' | 'cancelled'

/** An image where it was delivered to. */
export interface ImageSummary {
  /** The first reference under which it was delivered, or null when it was only emitted. */
  readonly reference: string | null
  /** The digest of the image manifest. */
  readonly digest: Digest
  /** Size of all layers, uncompressed, plus config and manifest, in bytes. */
  readonly bytes: number
}

export interface TargetSummary {
  readonly id: TargetId
  readonly kind: TargetKind
  readonly service: string | null
  readonly decision: DecisionKind
  readonly outcome: TargetOutcome
  readonly durationMs: number
  /** Sum of the regular files of all artifacts, or null where the target has none. */
  readonly artifactBytes: number | null
  readonly image: ImageSummary | null
  /** Size of the toolchain's root file system in bytes: of a toolchain itself, and beside builds and images that come from it. */
  readonly toolchainBytes: number | null
  /** Why it failed or was skipped. */
  readonly trouble: Trouble | null
  /** Path of the builder's log on this machine. */
  readonly logPath: string | null
}

/**
 * A fact that happened, immutable, ordered per target. Logic emits facts and never formats text;
 * reporters render facts and never decide. `at` is wall-clock milliseconds.
 */
export type BuildEvent =
  | {
      readonly type: 'run-started'
      readonly at: number
      readonly workspace: string
      readonly acting: number
      readonly current: number
      readonly jobs: number
    }
  /** What runs the builders of this run; before `run-started`, or when the first target asks for it. */
  | {
      readonly type: 'engine-chosen'
      readonly at: number
      /** `docker`, `embedded`. */
      readonly engine: string
      readonly summary: string
      /** Why it is not the engine that comes first, or null. */
      readonly because: string | null
      /** Limits that it cannot enforce here, each with the reason. */
      readonly unenforced: readonly string[]
    }
  | {
      readonly type: 'target-started'
      readonly at: number
      readonly target: TargetId
      readonly kind: TargetKind
      readonly decision: DecisionKind
      readonly reason: Reason | null
    }
  | { readonly type: 'target-progress'; readonly at: number; readonly target: TargetId; readonly message: string }
  | {
      readonly type: 'target-output'
      readonly at: number
      readonly target: TargetId
      readonly stream: 'stdout' | 'stderr'
      readonly line: string
    }
  | { readonly type: 'target-finished'; readonly at: number; readonly summary: TargetSummary; readonly logTail: readonly string[] }
  | {
      readonly type: 'image-delivered'
      readonly at: number
      readonly target: TargetId
      readonly destination: string
      readonly references: readonly string[]
      readonly digest: Digest
      readonly sentBytes: number
    }
  | { readonly type: 'notice'; readonly at: number; readonly id: string; readonly message: string; readonly help: string | null }
  | {
      readonly type: 'run-finished'
      readonly at: number
      readonly outcome: RunOutcome
      readonly durationMs: number
      readonly targets: readonly TargetSummary[]
    }

export type EmitEvent = (event: BuildEvent) => void
