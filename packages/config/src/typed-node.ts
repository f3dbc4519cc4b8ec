import type { Located, Span } from '@orchestrate/core'
import { isRefused, isText, located, type YamlNode } from './yaml-node.ts'

declare const shape: unique symbol

/**
 * A node that the schema describes as `T`. The types of the generated builder-file.ts make a misspelt key
 * a type error; what the schema has refused was taken out, so every reader answers null (or nothing) for
 * what is absent or has another form, and reports nothing.
 */
export type Typed<T> = YamlNode & { readonly [shape]?: T }

type MapOf<T> = T extends readonly unknown[] ? never : T extends object ? T : never
type KeyOf<T> = T extends readonly unknown[] ? never : T extends object ? keyof T & string : never
type MemberOf<T, K extends string> = T extends readonly unknown[]
  ? never
  : T extends object
    ? K extends keyof T
      ? NonNullable<T[K]>
      : never
    : never
type ItemOf<T> = T extends readonly (infer Item)[] ? Item : never
type ValueOf<T> = MapOf<T>[keyof MapOf<T>]

/** The proof of the type is the schema's: call it only on what the validator has accepted or thinned out. */
export const typed = <T>(node: YamlNode): Typed<T> => node

export function member<T, K extends KeyOf<T>>(node: Typed<T> | null, key: K): Typed<NoInfer<MemberOf<T, K>>> | null {
  const value = node?.kind === 'map' ? node.entries.get(key)?.value : undefined
  return value === undefined ? null : typed(value)
}

/** Where the key `key` is written, or null when the map has no such key. */
export function keySpan<T>(node: Typed<T> | null, key: KeyOf<T>): Span | null {
  return (node?.kind === 'map' && node.entries.get(key)?.keySpan) || null
}

export function items<T>(node: Typed<T> | null): readonly Typed<ItemOf<T>>[] {
  return node?.kind === 'list' ? node.items.filter((item) => !isRefused(item)).map((item) => typed<ItemOf<T>>(item)) : []
}

export interface NamedNode<T> {
  readonly name: Located<string>
  readonly node: Typed<T>
}

/** The members of a map whose keys are names. */
export function named<T>(node: Typed<T> | null): readonly NamedNode<ValueOf<T>>[] {
  if (node?.kind !== 'map') return []
  return [...node.entries].map(([name, entry]) => ({ name: { value: name, span: entry.keySpan }, node: typed(entry.value) }))
}

export function text(node: YamlNode | null): Located<string> | null {
  return node !== null && isText(node) ? located(node) : null
}

export function texts(node: Typed<string | readonly string[]> | null): readonly Located<string>[] {
  return node?.kind === 'list' ? node.items.filter(isText).map(located) : []
}

export function flag(node: Typed<boolean | string> | null): boolean {
  return node?.kind === 'scalar' && node.value === true
}
