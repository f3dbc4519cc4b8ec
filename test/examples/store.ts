import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory of the store that all examples of a run share, so that each toolchain is bootstrapped once. */
    readonly examplesStore: string
  }
}

/** The runner's global set-up: gives the examples their store, and removes it with the run. */
export function setup(project: TestProject): () => void {
  const store = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrate-examples-')))
  project.provide('examplesStore', store)
  return () => rmSync(store, { recursive: true, force: true })
}
