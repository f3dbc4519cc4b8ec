import type { InputGroup, InputPattern, Library, Workspace } from '@orchestrate/config'
import { compareCodeUnits, digestOf, err, ok, type Span, type WorkspacePath } from '@orchestrate/core'
import { buildGraph } from '@orchestrate/graph'
import { type SampleWorkspace, sampleWorkspace } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { toWorkspacePath } from './file-names.ts'
import { fileFinding } from './finding.ts'
import type { FileFinding, FileTree, InventoryEntry } from './inventory.ts'
import { takeInventory } from './take-inventory.ts'

describe('the inputs of a build', () => {
  const listed = [
    'Makefile',
    'builder.lock',
    'services/api/.env',
    'services/api/builder.yaml',
    'services/api/main.go',
    'services/api/sub/x.go',
    'services/apix/y.go',
  ]

  it.each<[string, readonly string[], readonly string[]]>([
    ['everything of the service', ['**'], ['services/api/.env', 'services/api/main.go', 'services/api/sub/x.go']],
    ['a directory', ['sub'], ['services/api/sub/x.go']],
    ['in order: a later pattern adds again', ['**', '!**/*.go', 'sub/x.go'], ['services/api/.env', 'services/api/sub/x.go']],
    ['in order: an exclusion before has no effect', ['!**/*.go', '**/*.go'], ['services/api/main.go', 'services/api/sub/x.go']],
    ['each file once', ['*.go', 'main.go', '**/*.go'], ['services/api/main.go', 'services/api/sub/x.go']],
    ['from the workspace root', ['//Makefile', 'main.go'], ['Makefile', 'services/api/main.go']],
    ['one directory up', ['../apix/*.go'], ['services/apix/y.go']],
    ['a builder.yaml only by its name', ['builder.yaml', '//builder.lock'], ['builder.lock', 'services/api/builder.yaml']],
    ['nothing, when only exclusions are there', ['!**'], []],
  ])('are %s', async (_, patterns, expected) => {
    const inventory = await take(treeOf(listed), {
      services: { api: { builds: { build: { inputs: [group('services/api', patterns)] } } } },
    })
    expect(inventory).toEqual({ 'api:build': expected, 'toolchain:go': [] })
  })

  it('stop at the directories of other services and libraries, unless they are named', async () => {
    const tree = treeOf(['a.txt', 'libs/money/m.go', 'web/api/gen/g.ts', 'web/api/s.ts', 'web/w.ts'])
    const services = (patterns: readonly string[]) => ({
      services: { root: { dir: '', builds: { build: { inputs: [group('', patterns)] } } }, web: { dir: 'web' }, api: { dir: 'web/api' } },
    })
    const read = async (...patterns: readonly string[]) =>
      (await take(tree, services(patterns), [library('money', 'libs/money')]))['root:build']
    expect(await read('**')).toEqual(['a.txt'])
    expect(await read('web/**')).toEqual(['web/w.ts'])
    expect(await read('web')).toEqual(['web/w.ts'])
    expect(await read('web/api/gen')).toEqual(['web/api/gen/g.ts'])
    expect(await read('libs/money/*.go')).toEqual(['libs/money/m.go'])
    expect(await read('//**/*.ts')).toEqual(['web/api/gen/g.ts', 'web/api/s.ts', 'web/w.ts'])
    expect(await read('**', '!a.txt', 'web/api/s.ts')).toEqual(['web/api/s.ts'])
  })

  it('include those of the libraries that it uses, each group on its own', async () => {
    const tree = treeOf(['libs/money/m.go', 'libs/money/m_test.go', 'services/api/main.go', 'services/api/main_test.go'])
    const inputs = [group('services/api', ['**']), group('libs/money', ['**', '!**/*_test.go'], 'money')]
    const inventory = await take(tree, { services: { api: { builds: { build: { inputs } } } } }, [library('money', 'libs/money')])
    expect(inventory['api:build']).toEqual(['libs/money/m.go', 'services/api/main.go', 'services/api/main_test.go'])
  })

  it('include a file that git ignores only by its exact name', async () => {
    const tree = treeOf(['services/api/main.go'], { ignored: ['services/api/secret.txt', 'services/api/dist/app.js'] })
    const api = (patterns: readonly string[]) => ({
      services: { api: { builds: { build: { inputs: [group('services/api', patterns)] } } } },
    })
    expect(await take(tree, api(['**', 'secret.txt']))).toEqual({
      'api:build': ['services/api/main.go', 'services/api/secret.txt'],
      'toolchain:go': [],
    })
    expect(await take(tree, api(['**', 'secret.txt', '!secret*']))).toMatchObject({
      'api:build': ['services/api/main.go', 'services/api/secret.txt'],
    })
    expect(await take(tree, api(['**', 'secret.txt', '!secret.txt']))).toMatchObject({ 'api:build': ['services/api/main.go'] })
    expect(await take(tree, api(['dist/app.js']))).toMatchObject({ 'api:build': ['services/api/dist/app.js'] })
    expect(await findings(tree, api(['dist']))).toEqual([
      'inputs/matches-nothing 0: the pattern "dist" matches no file below "services/api"',
    ])
  })
})

describe('other files that targets read', () => {
  it('are sources of images, files or directories, and the archive of a rootfs toolchain', async () => {
    const tree = treeOf(
      ['services/web/[x].py', 'services/web/app/a.py', 'services/web/app/sub/b.py', 'services/web/builder.yaml', 'shared/s.py'],
      { ignored: ['tools/root.tar'] },
    )
    const source = (path: string) => ({ kind: 'source' as const, path: toWorkspacePath(path), to: `/srv/${path}`, mode: null, owner: null })
    const inventory = await take(tree, {
      toolchains: { box: { source: { kind: 'rootfs', path: toWorkspacePath('tools/root.tar') } } },
      services: {
        web: { image: { from: 'box', files: ['services/web/app', 'services/web/[x].py', 'shared'].map(source) } },
        all: { dir: 'services/web', image: { files: [source('services/web')] } },
      },
    })
    expect(inventory).toEqual({
      'all:image': ['services/web/[x].py', 'services/web/app/a.py', 'services/web/app/sub/b.py'],
      'toolchain:box': ['tools/root.tar'],
      'web:image': ['services/web/[x].py', 'services/web/app/a.py', 'services/web/app/sub/b.py', 'shared/s.py'],
    })
  })
})

describe('what is looked at', () => {
  it('are only the files that some target reads', async () => {
    const tree = treeOf(['docs/a.md', 'services/api/main.go', 'services/api/x.md'])
    await take(tree, { services: { api: { builds: { build: { inputs: [group('services/api', ['*.go'])] } } } } })
    expect(tree.asked).toEqual(['services/api/main.go'])
  })
})

describe('findings of the inventory', () => {
  it('come all at once, with the place of the pattern', async () => {
    const patterns = ['*.rs', '[x', '!*.none', '../../../etc/passwd', '*/../y', '{a,b}.go']
    const inputs = [{ ...group('services/api', patterns), patterns: [...group('services/api', patterns).patterns, optional('*.maybe')] }]
    const source = { kind: 'source' as const, path: toWorkspacePath('gone.txt'), to: '/x', mode: null, owner: null }
    const shop = { services: { api: { builds: { build: { inputs } }, image: { files: [source] } } } }
    expect(await findings(treeOf(['services/api/main.go']), shop)).toEqual([
      'inputs/matches-nothing 0: the pattern "*.rs" matches no file below "services/api"',
      'inputs/bad-pattern 1: the pattern "[x" has a "[" without its "]"',
      'inputs/outside-workspace 3: the pattern "../../../etc/passwd" leads out of the workspace',
      'inputs/bad-pattern 4: the pattern "*/../y" has ".." after a wildcard',
      'inputs/matches-nothing 5: the pattern "{a,b}.go" matches no file below "services/api"',
      'inputs/source-missing 37: the source "gone.txt" does not exist',
    ])
  })

  it('name a library pattern once, however many builds use it', async () => {
    const inputs = [group('libs/money', ['*.go'], 'money')]
    const shop = { services: { api: { builds: { build: { inputs } } }, web: { builds: { build: { inputs } } } } }
    expect(await findings(treeOf(['x']), shop, [library('money', 'libs/money')])).toEqual([
      'inputs/matches-nothing 0: the pattern "*.go" matches no file below "libs/money"',
    ])
  })

  it('take a deleted file that is still tracked for absent', async () => {
    const tree = treeOf(['services/api/gone.go', 'services/api/main.go'], { absent: ['services/api/gone.go'] })
    const api = (patterns: readonly string[]) => ({
      services: { api: { builds: { build: { inputs: [group('services/api', patterns)] } } } },
    })
    expect(await take(tree, api(['**']))).toMatchObject({ 'api:build': ['services/api/main.go'] })
    expect(await findings(tree, api(['*.go', 'gone.go']))).toEqual([
      'inputs/matches-nothing 1: the pattern "gone.go" matches no file below "services/api"',
    ])
  })

  it('of a tree get the place of the pattern that takes the file in', async () => {
    const tree = treeOf(['services/api/fifo', 'services/api/main.go'], { special: ['services/api/fifo'] })
    const api = (patterns: readonly string[]) => ({
      services: { api: { builds: { build: { inputs: [group('services/api', patterns)] } } } },
    })
    expect(await findings(tree, api(['*.go', '!x', 'f*', '**']))).toEqual([
      'inputs/special-file 2: "services/api/fifo" is a FIFO, not a file',
    ])
    expect(await take(tree, api(['**', '!fifo']))).toMatchObject({ 'api:build': ['services/api/main.go'] })
  })

  it('say which names are one file elsewhere, if one target reads both', async () => {
    const twins = ['services/api/Readme.md', 'services/api/readme.md', 'services/api/e\u0301.txt', 'services/api/é.txt']
    const tree = treeOf([...twins].toSorted(compareCodeUnits))
    const api = (patterns: readonly string[]) => ({
      services: { api: { builds: { build: { inputs: [group('services/api', patterns)] } } } },
    })
    expect(await findings(tree, api(['**']))).toEqual([
      'inputs/path-collision 0: "services/api/Readme.md" and "services/api/readme.md", both inputs of "api:build", are one file where case is ignored',
      'inputs/path-collision 0: "services/api/e\u0301.txt" and "services/api/é.txt", both inputs of "api:build", are one file where case is ignored',
    ])
    expect(await take(tree, api(['R*', 'é.txt']))).toMatchObject({ 'api:build': ['services/api/Readme.md', 'services/api/é.txt'] })
  })

  it('of the listing itself come back as they are', async () => {
    const broken = { ...treeOf([]), list: () => Promise.resolve(err([fileFinding('inputs/git-failed', toWorkspacePath(''), 'broken')])) }
    expect(await findings(broken, { services: { api: { builds: { build: {} } } } })).toEqual(['inputs/git-failed null: broken'])
  })
})

interface SampleTree extends FileTree {
  /** Every path that was resolved and exists. */
  readonly asked: string[]
}

interface SampleTreeOptions {
  readonly ignored?: readonly string[]
  readonly absent?: readonly string[]
  readonly special?: readonly string[]
}

function treeOf(listed: readonly string[], { ignored = [], absent = [], special = [] }: SampleTreeOptions = {}): SampleTree {
  const there = new Set([...listed, ...ignored].filter((path) => !absent.includes(path)))
  const asked: string[] = []
  return {
    kind: 'work-tree',
    asked,
    list: () => Promise.resolve(ok(listed.map(toWorkspacePath))),
    resolve: (paths) => {
      const present = paths.filter((path) => there.has(path))
      asked.push(...present)
      const bad = present
        .filter((path) => special.includes(path))
        .map((path): FileFinding => fileFinding('inputs/special-file', path, `"${path}" is a FIFO, not a file`))
      return Promise.resolve(bad.length > 0 ? err(bad) : ok(new Map(present.map((path) => [path, entry(path)]))))
    },
    open: () => {
      throw new Error('an inventory opens nothing')
    },
  }
}

function entry(path: WorkspacePath): InventoryEntry {
  return { path, mode: 'file', digest: digestOf(path), size: path.length }
}

async function take(
  tree: FileTree,
  sample: SampleWorkspace,
  libraries: readonly Library[] = [],
): Promise<Record<string, readonly string[]>> {
  const result = await takeInventory({ graph: graphOf(sample, libraries), tree })
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join('\n'))
  return Object.fromEntries([...result.value.inputs].map(([target, entries]) => [target, entries.map(({ path }) => path)]))
}

/** Each as `id offset: message`. */
async function findings(tree: FileTree, sample: SampleWorkspace, libraries: readonly Library[] = []): Promise<readonly string[]> {
  const result = await takeInventory({ graph: graphOf(sample, libraries), tree })
  return result.ok ? [] : result.error.map(({ id, span, message }) => `${id} ${span?.offset ?? null}: ${message}`)
}

function graphOf(sample: SampleWorkspace, libraries: readonly Library[]) {
  const workspace: Workspace = { ...sampleWorkspace(sample), libraries: new Map(libraries.map((item) => [item.name, item])) }
  const graph = buildGraph(workspace)
  if (!graph.ok) throw new Error(JSON.stringify(graph.error))
  return graph.value
}

/** The place of each pattern is its number. */
function group(base: string, patterns: readonly string[], owner: string | null = null): InputGroup {
  return { base: toWorkspacePath(base), library: owner, patterns: patterns.map(pattern) }
}

function pattern(text: string, index: number): InputPattern {
  const excludes = text.startsWith('!')
  const rest = excludes ? text.slice(1) : text
  const fromRoot = rest.startsWith('//')
  return { glob: fromRoot ? rest.slice(2) : rest, fromRoot, excludes, optional: false, span: placeOf(index) }
}

function optional(glob: string): InputPattern {
  return { ...pattern(glob, 90), optional: true }
}

function placeOf(offset: number): Span {
  return { file: 'services/api/builder.yaml', offset, length: 1 }
}

function library(name: string, dir: string): Library {
  return { name, dir: toWorkspacePath(dir), span: placeOf(0), sources: [], uses: [] }
}
