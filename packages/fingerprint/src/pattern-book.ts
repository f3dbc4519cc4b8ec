import type { InputPattern } from '@orchestrate/config'
import type { Diagnostic, WorkspacePath } from '@orchestrate/core'
import { type AnchoredPattern, anchorPattern } from './anchored-pattern.ts'

/** Patterns, compiled once for all targets that share them. */
export interface PatternBook {
  /** Null for a pattern that cannot be used: `findings` says why. */
  anchored(pattern: InputPattern, base: WorkspacePath): AnchoredPattern | null
  readonly findings: ReadonlyMap<InputPattern, Diagnostic>
}

export function createPatternBook(): PatternBook {
  const known = new Map<string, AnchoredPattern>()
  const findings = new Map<InputPattern, Diagnostic>()
  const anchored = (pattern: InputPattern, base: WorkspacePath): AnchoredPattern | null => {
    const key = pattern.fromRoot ? `//${pattern.glob}` : `${base}\0${pattern.glob}`
    const before = known.get(key)
    if (before !== undefined) return before
    const result = anchorPattern(pattern, base)
    if (result.ok) known.set(key, result.value)
    else findings.set(pattern, result.error)
    return result.ok ? result.value : null
  }
  return { anchored, findings }
}
