import { digestOf } from '@orchestrate/core'
import type { Fingerprinted, Ingredients, NeedContents } from './ingredients.ts'
import { fingerprintTail, manifestHead } from './manifest.ts'

/** The fingerprint with its manifest: the key of everything that may change the target's output. Null while the content of a need is not known. */
export function fingerprintOf(ingredients: Ingredients, contents: NeedContents): Fingerprinted | null {
  const tail = fingerprintTail(ingredients, contents)
  if (tail === null) return null
  const manifest = manifestHead(ingredients) + tail
  return { fingerprint: digestOf(manifest), manifest }
}
