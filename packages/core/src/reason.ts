import type { Digest } from './digest.ts'
import type { TargetId } from './target-id.ts'

/** Why a target acts. Data only; `report` words it. */
export type Reason =
  | { readonly kind: 'never-built' }
  | { readonly kind: 'forced' }
  | { readonly kind: 'input-changed' | 'input-added' | 'input-removed'; readonly path: string }
  | { readonly kind: 'env-changed' | 'env-added' | 'env-removed'; readonly name: string }
  | { readonly kind: 'toolchain-changed'; readonly toolchain: string }
  | { readonly kind: 'toolchain-missing'; readonly toolchain: string }
  | { readonly kind: 'need-changed'; readonly artifact: string }
  | { readonly kind: 'need-acts'; readonly target: TargetId }
  /** A fact of the manifest by name: command, outputs, network, user, … */
  | { readonly kind: 'definition-changed'; readonly field: string }
  | { readonly kind: 'record-missing' }
  | { readonly kind: 'artifact-damaged'; readonly digest: Digest }
  | { readonly kind: 'gate-failed'; readonly target: TargetId }
  | { readonly kind: 'gate-pending'; readonly target: TargetId }
  | { readonly kind: 'last-run-failed' }
