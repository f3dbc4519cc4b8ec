import type { Build, Image, Service, ToolchainDeclaration, Workspace } from '@orchestrate/config'
import type { TargetId } from '@orchestrate/core'

/** Targets and the edges between them; acyclic. */
export interface BuildGraph {
  readonly workspace: Workspace
  /** Every target in a stable topological order: dependencies first, ties by id in code-unit order. */
  readonly targets: ReadonlyMap<TargetId, Target>
  /** Direct dependencies, sorted by id. */
  readonly dependencies: ReadonlyMap<TargetId, readonly TargetId[]>
  /** Direct dependents, sorted by id. */
  readonly dependents: ReadonlyMap<TargetId, readonly TargetId[]>
}

export type Target = ToolchainTarget | BuildTarget | ImageTarget

export interface ToolchainTarget {
  readonly kind: 'toolchain'
  readonly id: TargetId
  readonly service: null
  readonly toolchain: ToolchainDeclaration
}

export interface BuildTarget {
  readonly kind: 'build'
  readonly id: TargetId
  readonly service: string
  readonly owner: Service
  readonly build: Build
  readonly toolchain: TargetId
  /** In the order of `build.needs`. */
  readonly needs: readonly ArtifactEdge[]
}

export interface ImageTarget {
  readonly kind: 'image'
  readonly id: TargetId
  readonly service: string
  readonly owner: Service
  readonly image: Image
  /** The toolchain whose root file system is the base, or the image that is; null for scratch. */
  readonly base: TargetId | null
  /** Where CA certificates are taken from when `image.caCertificates` is set: see ADR; otherwise null, and where the base has them already. */
  readonly certificates: TargetId | null
  /** As `certificates`, for `image.timezones`. */
  readonly timezones: TargetId | null
  readonly gates: readonly TargetId[]
  /** In the order of the `artifact` entries of `image.files`. */
  readonly artifacts: readonly ArtifactEdge[]
}

/** A need, resolved: an output of `target`, and the path inside that output. */
export interface ArtifactEdge {
  readonly target: TargetId
  /** The declared output that holds it. */
  readonly output: string
  /** Inside the output; empty for the output itself. */
  readonly within: string
}
