import type { CanonicalValue, Digest, TargetId } from '@orchestrate/core'
import type { InventoryEntry } from './inventory.ts'

/**
 * Everything that may change a target's output, apart from the contents of what it needs.
 * With each need replaced by its target's recipe it gives the recipe; by its artifact's digest, the fingerprint.
 */
export interface Ingredients {
  /** Whose they are; not in the manifest, so that equal work has one fingerprint whatever its name. */
  readonly target: TargetId
  /** Toolchains have no ingredients: they are identified by their lock entry. */
  readonly kind: 'build' | 'image'
  /** Named facts: command, workdir, env, outputs, … */
  readonly facts: { readonly [name: string]: CanonicalValue }
  /** The files that the target reads, sorted by path; in the manifest as `[path, mode, digest]`. */
  readonly inputs: readonly InventoryEntry[]
  /** Sorted by where they appear. */
  readonly needs: readonly NeedIngredient[]
}

/** A need in the manifest: where its content appears, and whose it is. */
export interface NeedIngredient {
  /** For reasons, not in the manifest: `deps/node_modules`, `api:gen/client`, or the name of a toolchain. */
  readonly name: string
  readonly target: TargetId
  readonly use:
    | { readonly kind: 'artifact'; readonly output: string; readonly within: string; readonly at: CanonicalValue }
    /** The identity of a toolchain, as builder or base, or as what gives certificates or time zones. */
    | { readonly kind: 'toolchain'; readonly at: 'builder' | 'base' | 'certificates' | 'timezones' }
    /** The image of another service. */
    | { readonly kind: 'image'; readonly at: 'base' }
}

/** What is known of the needs' contents by now: answers null where it is not. */
export interface NeedContents {
  /** The digest of the tree that `target` gave for its declared output. */
  artifact(target: TargetId, output: string): Digest | null
  /** The identity of the toolchain `target`. */
  toolchain(target: TargetId): Digest | null
  /** The config's digest of the image `target`: it says everything that an image based on it can see. */
  image(target: TargetId): Digest | null
}

/** A fingerprint with the canonical manifest whose SHA-256 it is. */
export interface Fingerprinted {
  readonly fingerprint: Digest
  /** Canonical JSON, stored whole. */
  readonly manifest: string
}
