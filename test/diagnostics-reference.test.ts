import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CONFIG_DIAGNOSTICS } from '@orchestrate/config'
import { compareCodeUnits } from '@orchestrate/core'
import { DOCKER_DIAGNOSTICS } from '@orchestrate/docker'
import { EXECUTE_DIAGNOSTICS } from '@orchestrate/execute'
import { INVENTORY_DIAGNOSTICS } from '@orchestrate/fingerprint'
import { GRAPH_DIAGNOSTICS } from '@orchestrate/graph'
import { IMAGE_DIAGNOSTICS } from '@orchestrate/image'
import { STORE_DIAGNOSTICS } from '@orchestrate/store'
import { TOOLCHAIN_DIAGNOSTICS } from '@orchestrate/toolchain'
import { describe, expect, it } from 'vitest'
import { CLI_DIAGNOSTICS } from '../packages/cli/src/diagnostics.ts'
import { EMBEDDED_DIAGNOSTICS } from '../packages/embedded/src/diagnostics.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

interface Documented {
  readonly id: string
  readonly severity?: string
  readonly kind?: string
  readonly summary: string
  readonly help: string
}

const documented: readonly Documented[] = [
  ...CONFIG_DIAGNOSTICS,
  ...GRAPH_DIAGNOSTICS,
  ...INVENTORY_DIAGNOSTICS,
  ...STORE_DIAGNOSTICS,
  ...TOOLCHAIN_DIAGNOSTICS,
  ...EXECUTE_DIAGNOSTICS,
  ...DOCKER_DIAGNOSTICS,
  ...EMBEDDED_DIAGNOSTICS,
  ...IMAGE_DIAGNOSTICS,
  ...CLI_DIAGNOSTICS,
]

describe('docs/reference/diagnostics.md', () => {
  it('holds every id, sorted, with what it means and what to do', async () => {
    const rows = [...documented]
      .toSorted((a, b) => compareCodeUnits(a.id, b.id))
      .map(({ id, severity, kind, summary, help }) => `| \`${id}\` | ${kind ?? severity ?? ''} | ${cell(summary)} | ${cell(help)} |`)
    const text = [
      '# Findings and failures',
      '',
      'Made from the code by `pnpm vitest run test/diagnostics-reference.test.ts -u`.',
      '',
      '| id | kind | what happened | what to do |',
      '|---|---|---|---|',
      ...rows,
      '',
    ].join('\n')
    await expect(text).toMatchFileSnapshot(join(root, 'docs/reference/diagnostics.md'))
  })

  it('names each id once', () => {
    const ids = documented.map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  })

  it('knows every id that the code can produce', () => {
    const known = new Set(documented.map(({ id }) => id))
    const produced = readdirSync(join(root, 'packages'))
      .filter((name) => name !== 'testkit')
      .flatMap((name) =>
        readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) =>
          join(root, 'packages', name, 'src', file),
        ),
      )
      .filter(
        (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('diagnostics.ts') && !file.includes('/generated/'),
      )
      .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\bid: '([a-z]+\/[a-z-]+)'/g)].map((match) => match[1] ?? ''))
    expect([...new Set(produced)].filter((id) => !known.has(id))).toEqual([])
  })
})

const cell = (text: string): string => text.replaceAll('|', '\\|')
