import type { Span } from '@orchestrate/core'
import type { Commit } from './git-facts.ts'
import type { Findings } from './findings.ts'
import { quote } from './quote.ts'
import { suggest } from './suggest.ts'
import { mapScalars, nodeAt, type PathStep, type ScalarNode, type YamlNode } from './yaml-node.ts'

/** A value that `${{ … }}` may stand for. */
export type VariableValue = string | number | boolean

const EXPRESSION = /\$\{\{([^{}]*)\}\}/g
const LONE_EXPRESSION = /^\$\{\{([^{}]*)\}\}$/

const SERVICE_VARIABLES = ['service.name', 'service.dir']
const COMMIT_VARIABLES = ['git.sha', 'git.shortSha', 'git.branch', 'git.tag', 'git.dirty', 'date']

/** Where git and time may be read: nothing there enters a build. */
const COMMIT_PLACES = new Set(['tags', 'labels', 'annotations'])

export interface VariableScope {
  /** `service "api"`, `template "go"`: for messages. */
  readonly place: string
  /** Names of the parameters, or null where they are unknown because the template is. */
  readonly parameters: Iterable<string> | null
  /** A key of the body that is checked elsewhere, or null. */
  readonly skip: string | null
}

/** Reports every `${{ … }}` in the body of a service or template that cannot be replaced. */
export function checkVariables(body: YamlNode, scope: VariableScope, findings: Findings): void {
  const known = [...SERVICE_VARIABLES, ...COMMIT_VARIABLES, ...[...(scope.parameters ?? [])].map((name) => `params.${name}`)]
  mapScalars(body, (scalar, path) => {
    if (scope.skip !== null && path[0] === scope.skip) return scalar
    for (const name of checkedNames(scalar, scope.place, findings)) {
      if (name.startsWith('params.') && scope.parameters === null) continue
      if (!known.includes(name)) {
        const message = `unknown variable ${quote(name)} in ${scope.place}`
        findings.report({ id: 'config/unknown-variable', message, span: scalar.span, help: suggest(name, known, 'variables') })
      } else if (COMMIT_VARIABLES.includes(name) && !mayReadCommit(path)) {
        const message = `${quote(name)} cannot be read here in ${scope.place}: it would make every commit a rebuild`
        findings.report({
          id: 'config/variable-not-allowed',
          message,
          span: scalar.span,
          help: 'use git.* and date in tags, labels and annotations only',
        })
      }
    }
    return scalar
  })
}

/** Where a tag, label or annotation first reads git or the date, or null. */
export function firstCommitVariable(body: YamlNode): Span | null {
  let first: Span | null = null
  for (const place of COMMIT_PLACES) {
    const node = nodeAt(body, ['image', place])
    if (node === null) continue
    mapScalars(node, (scalar) => {
      if (namesIn(scalar).some((name) => COMMIT_VARIABLES.includes(name))) first ??= scalar.span
      return scalar
    })
  }
  return first
}

/** Reports every `${{ … }}` in a part of the file where nothing is replaced. */
export function refuseVariables(node: YamlNode, place: string, findings: Findings): void {
  mapScalars(node, (scalar) => {
    if (typeof scalar.value === 'string' && scalar.value.includes('${{')) {
      findings.report({
        id: 'config/variable-not-allowed',
        message: `variables are not replaced in ${place}`,
        span: scalar.span,
        help: 'they are replaced in services and templates',
      })
    }
    return scalar
  })
}

/**
 * Replaces every `${{ … }}` by its value. A string that is nothing else keeps the value's type.
 * A string with a variable that has no value was reported already: it is taken for refused.
 */
export function replaceVariables(body: YamlNode, values: ReadonlyMap<string, VariableValue>): YamlNode {
  return mapScalars(body, (scalar, path) => {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('${{')) return scalar
    const names = namesIn(scalar)
    if (scalar.value.replace(EXPRESSION, '').includes('${{') || names.some((name) => !values.has(name)))
      return { ...scalar, value: null, origin: 'refused' }
    const read = (name: string) => inTag(path, name, values.get(name.trim()) ?? '')
    const lone = LONE_EXPRESSION.exec(scalar.value)?.[1]
    if (lone !== undefined) return { ...scalar, value: read(lone), origin: 'variable' }
    return { ...scalar, value: scalar.value.replace(EXPRESSION, (_, name: string) => String(read(name))) }
  })
}

/** What is known of a commit, by variable. */
export function commitVariables(commit: Commit): [string, VariableValue][] {
  return [
    ['git.sha', commit.sha],
    ['git.shortSha', commit.sha.slice(0, 7)],
    ['git.branch', commit.branch ?? ''],
    ['git.tag', commit.tag ?? ''],
    ['git.dirty', commit.dirty ? 'true' : 'false'],
    ['date', new Date(commit.time * 1000).toISOString().slice(0, 10)],
  ]
}

function namesIn(scalar: ScalarNode): string[] {
  if (typeof scalar.value !== 'string' || !scalar.value.includes('${{')) return []
  return [...scalar.value.matchAll(EXPRESSION)].map((match) => (match[1] ?? '').trim())
}

function checkedNames(scalar: ScalarNode, place: string, findings: Findings): string[] {
  const names = namesIn(scalar)
  if (typeof scalar.value !== 'string' || !scalar.value.includes('${{')) return names
  if (scalar.value.replace(EXPRESSION, '').includes('${{') || names.includes('')) {
    const message = `a "\${{" in ${place} is not a variable`
    findings.report({
      id: 'config/bad-expression',
      message,
      span: scalar.span,
      help: 'write ${{ NAME }}; $VAR and ${VAR} belong to the shell and pass through',
    })
  }
  return names.filter((name) => name !== '')
}

function mayReadCommit([first, second]: readonly PathStep[]): boolean {
  return first === 'image' && COMMIT_PLACES.has(String(second))
}

/** A branch such as feature/x is no tag: what tags may not hold becomes "-", as in other tools. */
function inTag([first, second]: readonly PathStep[], name: string, value: VariableValue): VariableValue {
  const isRef = name.trim() === 'git.branch' || name.trim() === 'git.tag'
  return isRef && first === 'image' && second === 'tags' ? String(value).replace(/[^A-Za-z0-9_.-]/g, '-') : value
}
