import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, linuxPlatform } from '@orchestrate/core'
import { engineContract } from './contract/engine-contract.ts'
import type { EngineFixture } from './contract/engine-fixture.ts'
import { contractProgram, encodeSteps } from './contract/interpret-steps.ts'
import { identifyProcess } from './process-identity.ts'
import { scriptedEngine } from './scripted-engine.ts'

engineContract('scripted', async (): Promise<EngineFixture> => {
  const run = identifyProcess('scripted-contract')
  const engine = scriptedEngine({ fallback: contractProgram })
  const directory = mkdtempSync(join(tmpdir(), 'orchestrate-contract-'))
  return {
    engine,
    run,
    directory,
    root: {
      identity: digestOf('root'),
      platform: linuxPlatform('x64'),
      env: new Map([['PATH', '/bin']]),
      user: null,
      workdir: null,
      size: 0,
      content: { kind: 'layers', layers: [] },
    },
    command: encodeSteps,
    leftovers: async (runId) => engine.leftoversOf(runId),
    facts: { uids: 'many', limitsPids: true, isShared: false, residentBytes: () => process.memoryUsage.rss() },
    async [Symbol.asyncDispose]() {
      await engine.close()
      rmSync(directory, { recursive: true })
    },
  }
})
