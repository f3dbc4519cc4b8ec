import { compareCodeUnits } from '@orchestrate/core'
import type { Findings } from './findings.ts'
import type { Environment } from './generated/builder-file.ts'
import { quote } from './quote.ts'
import { named, text, type Typed } from './typed-node.ts'

/** Facts of the run itself, which orchestrate sets for every builder. Everything else of the builder's world may be set otherwise. */
const SET_BY_ORCHESTRATE = new Set(['SOURCE_DATE_EPOCH', 'TARGETPLATFORM', 'TARGETOS', 'TARGETARCH', 'TARGETVARIANT'])

/** The strings of a map by key, sorted by key. */
export function resolveStrings(node: Typed<{ [key: string]: string }> | null): ReadonlyMap<string, string> {
  const entries = named(node).flatMap(({ name, node: value }) => {
    const written = text(value)
    return written === null ? [] : [[name.value, written.value] as const]
  })
  return new Map(entries.toSorted(([a], [b]) => compareCodeUnits(a, b)))
}

/** A builder's environment, sorted by name. `place` is for messages. */
export function resolveBuilderEnvironment(node: Typed<Environment> | null, place: string, findings: Findings): ReadonlyMap<string, string> {
  for (const { name } of named(node)) {
    if (!SET_BY_ORCHESTRATE.has(name.value)) continue
    findings.report({
      id: 'config/reserved-name',
      message: `the variable ${quote(name.value)} in ${place} is set by orchestrate`,
      span: name.span,
      help: 'choose another name',
    })
  }
  reportNul(node, place, findings)
  return resolveStrings(node)
}

/** No process can be given a value with a NUL character. */
export function reportNul(node: Typed<{ [key: string]: string }> | null, place: string, findings: Findings): void {
  for (const { name, node: value } of named(node)) {
    if (!text(value)?.value.includes('\0')) continue
    findings.report({ id: 'config/invalid-value', message: `${quote(name.value)} in ${place} holds a NUL character`, span: value.span })
  }
}
