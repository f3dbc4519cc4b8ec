import { compareDiagnostics, type Diagnostic, diagnostic } from '@orchestrate/core'
import type { ConfigDiagnosticId } from './diagnostics.ts'

export type Finding = Pick<Diagnostic, 'message' | 'span'> &
  Partial<Pick<Diagnostic, 'notes' | 'help'>> & { readonly id: ConfigDiagnosticId }

/** Collects what is wrong, each thing once however many services inherit it from the same template. */
export interface Findings {
  report(finding: Finding): void
  /** In the order in which they are shown. */
  sorted(): Diagnostic[]
}

export function createFindings(): Findings {
  const found = new Map<string, Diagnostic>()
  return {
    report(finding) {
      const { span } = finding
      // A fault in a template comes back with every service that extends it: the first one's name stands for all.
      const words = finding.message.replace(/service "[^"]*"/g, 'service')
      const key = JSON.stringify([finding.id, span?.file, span?.offset, span?.length, words])
      if (!found.has(key)) found.set(key, diagnostic(finding))
    },
    sorted: () => [...found.values()].toSorted(compareDiagnostics),
  }
}
