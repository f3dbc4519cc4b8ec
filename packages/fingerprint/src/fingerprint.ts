import type { Fingerprinted, Ingredients, NeedContents } from './ingredients.ts'

/** Null while the content of a need is not known. */
export function fingerprintOf(_ingredients: Ingredients, _contents: NeedContents): Fingerprinted | null {
  throw new Error('to come')
}
