import type { CanonicalValue, Digest, TargetId } from '@orchestrate/core'

/**
 * Everything that may change a target's output, apart from the contents of what it needs.
 * With each need replaced by its target's recipe it gives the recipe; by its artifact's digest, the fingerprint.
 */
export interface Ingredients {
  readonly target: TargetId
  /** `build`, `image`; toolchains are identified by their lock entry. */
  readonly kind: 'build' | 'image'
  /** Named facts: command, workdir, env, outputs, … and `inputs` as `[path, mode, digest]` lists. */
  readonly facts: { readonly [name: string]: CanonicalValue }
  readonly needs: readonly NeedIngredient[]
}

/** A need in the manifest: where its content appears, and whose it is. */
export interface NeedIngredient {
  /** Stable name in the manifest and in reasons: `deps/node_modules`, `api:gen/client`, `toolchain:go`, `gate web:test`. */
  readonly name: string
  readonly target: TargetId
  readonly use:
    | { readonly kind: 'artifact'; readonly output: string; readonly within: string; readonly at: CanonicalValue }
    /** The identity of a toolchain, as builder or base. */
    | { readonly kind: 'toolchain'; readonly at: 'builder' | 'base' | 'certificates' }
}

/** A fingerprint with the canonical manifest whose SHA-256 it is. */
export interface Fingerprinted {
  readonly fingerprint: Digest
  /** Canonical JSON, stored whole. */
  readonly manifest: string
}
