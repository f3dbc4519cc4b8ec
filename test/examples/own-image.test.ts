import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectSameOnEmbedded } from './both-engines.ts'
import { type Applied, copyExample, type Example, failures, repository } from './example.ts'

describe('the root builder.yaml', () => {
  let example: Example
  let applied: Applied

  beforeAll(async () => {
    const files = execFileSync(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard', 'builder.yaml', '*.json', 'pnpm-*.yaml', 'packages', 'schemas'],
      {
        cwd: repository,
        encoding: 'utf8',
      },
    )
    example = copyExample(
      repository,
      files.split('\0').filter((file) => file !== '' && existsSync(join(repository, file))),
    )
    applied = await example.apply()
  })
  afterAll(() => example[Symbol.dispose]())

  it("builds orchestrate's own runtime image", () => {
    expect(failures(applied)).toEqual([])
    expect(applied.code).toBe(0)
  })

  it('is the same when the embedded engine builds it', async () => {
    await expectSameOnEmbedded(example, applied.targets)
  })

  it('plans an example inside that image as the machine would', async () => {
    using hello = copyExample(join(repository, 'examples/hello-go'))
    const image = `${example.images}/orchestrate`
    const inside = execFileSync('docker', ['run', '--rm', '--network=none', '-v', `${hello.root}:/workspace:ro`, image, 'plan', '--json'])
    expect(JSON.parse(inside.toString('utf8'))).toMatchObject({
      workspace: 'hello-go',
      targets: [
        { id: 'toolchain:go', decision: 'build', reasons: [{ kind: 'never-built' }] },
        { id: 'hello:build', decision: 'build' },
        { id: 'hello:image', decision: 'emit' },
      ],
      summary: { build: 2, restore: 0, emit: 1, current: 0, blocked: 0 },
    })
    const recipes = (text: string) =>
      (JSON.parse(text) as { readonly targets: readonly { readonly recipe: string }[] }).targets.map(({ recipe }) => recipe)
    const outside = await hello.run('plan', '--json')
    expect(recipes(inside.toString('utf8'))).toEqual(recipes(outside.stdout))
  })
})
