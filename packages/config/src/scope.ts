import type { Located } from '@orchestrate/core'
import type { Findings } from './findings.ts'
import type { Commit } from './git-facts.ts'
import { quote } from './quote.ts'
import { suggest } from './suggest.ts'
import type { ToolchainDeclaration } from './workspace.ts'

/** What every service of the workspace can refer to. */
export interface Scope {
  readonly findings: Findings
  /** Every name under `toolchains`, also those whose declaration was reported. */
  readonly toolchainNames: ReadonlySet<string>
  readonly toolchains: ReadonlyMap<string, ToolchainDeclaration>
  /** What images are named below: the workspace's repository or its name. */
  readonly repository: string
  /** Read only where something asks for it. */
  readonly commit: Commit | null
}

/** Whether the toolchain exists; reports when it does not. */
export function checkToolchain(name: Located<string>, place: string, scope: Scope): boolean {
  if (scope.toolchainNames.has(name.value)) return true
  const help = suggest(name.value, scope.toolchainNames, 'toolchains') ?? 'declare it under "toolchains" in the root builder.yaml'
  scope.findings.report({
    id: 'config/unknown-toolchain',
    message: `unknown toolchain ${quote(name.value)} in ${place}`,
    span: name.span,
    help,
  })
  return false
}
