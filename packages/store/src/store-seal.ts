import type { Stats } from 'node:fs'
import { type Digest, digestFromHex, digestHex } from '@orchestrate/core'
import { otherVariant, type Variant } from './blob-layout.ts'
import type { BlobShelf } from './blob-shelf.ts'
import { DiskError } from './disk.ts'
import { isInState, STATE_NUMBERS, stateOf } from './file-state.ts'
import type { RecordFiles } from './records.ts'
import type { StoreSeal } from './store.ts'

/** What `kinds` of a seal counts. */
const KINDS = ['record', 'plain', 'executable'] as const

interface Files {
  readonly records: RecordFiles
  readonly shelf: BlobShelf
}

export function makeSeal({ records, shelf }: Files, fingerprints: readonly Digest[], blobs: Iterable<Digest>): StoreSeal | null {
  const digests: string[] = []
  const kinds: number[] = []
  const states: number[] = []
  const add = (digest: Digest, kind: (typeof KINDS)[number], state: readonly number[]): void => {
    digests.push(digestHex(digest))
    kinds.push(KINDS.indexOf(kind))
    states.push(...state)
  }
  for (const fingerprint of fingerprints) {
    const state = records.stateRead(fingerprint)
    if (state === null) return null
    add(fingerprint, 'record', state)
  }
  for (const digest of new Set(blobs)) {
    const intact = findIntact(shelf, digest)
    if (intact === null) return null
    add(digest, intact.variant, stateOf(intact.stats))
  }
  return { digests: digests.join(''), kinds: Uint8Array.from(kinds), states: Float64Array.from(states) }
}

function findIntact(shelf: BlobShelf, digest: Digest): { readonly variant: Variant; readonly stats: Stats } | null {
  for (const variant of ['plain', otherVariant('plain')] as const) {
    const seen = shelf.inspect(digest, variant)
    if (seen.kind === 'intact') return { variant, stats: seen.stats }
  }
  return null
}

export function holds({ records, shelf }: Files, { digests, kinds, states }: StoreSeal): boolean {
  try {
    return kinds.every((number, index) => {
      const digest = digestFromHex(digests.slice(index * HEX, (index + 1) * HEX))
      const kind = KINDS[number]
      const path = kind === 'plain' || kind === 'executable' ? shelf.path(digest, kind) : records.path(digest)
      return isInState(path, states, index * STATE_NUMBERS)
    })
  } catch (error) {
    // What cannot be looked at is for `verify` to judge.
    if (error instanceof DiskError) return false
    throw error
  }
}

const HEX = 64
