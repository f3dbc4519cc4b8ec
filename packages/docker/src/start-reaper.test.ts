import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { watchingCommand } from './start-reaper.ts'

/** What a reaper would have been told, or null when none was started. */
function toldAfter(said: string): string | null {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrate reaper '))
  const told = join(directory, 'told')
  const script = join(directory, 'reaper.cjs')
  writeFileSync(script, `require('fs').writeFileSync(${JSON.stringify(told)}, require('fs').readFileSync(0))`)
  try {
    const [command = '', ...args] = watchingCommand(script)
    spawnSync(command, args, { input: said, env: {}, cwd: '/' })
    return existsSync(told) ? readFileSync(told, 'utf8') : null
  } finally {
    rmSync(directory, { recursive: true })
  }
}

it('starts a reaper with its order when the pipe closes without a goodbye', () => {
  expect(toldAfter('{"runId":"a\\\\b %s"}\n')).toBe('{"runId":"a\\\\b %s"}\n')
})

it('starts none after a goodbye, and none without an order', () => {
  expect([toldAfter('{"runId":"r1"}\ndone\n'), toldAfter('')]).toEqual([null, null])
})

it('starts a reaper when we died in the middle of the goodbye', () => {
  expect(toldAfter('{"runId":"r1"}\ndo')).toBe('{"runId":"r1"}\n')
})
