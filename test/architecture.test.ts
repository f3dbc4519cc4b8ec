import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** The only edges between packages. ARCHITECTURE.md holds the same table, and a test below compares them. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: ['core'],
  graph: ['core', 'config'],
  fingerprint: ['core', 'config', 'graph'],
  store: ['core'],
  toolchain: ['core', 'config', 'store', 'execute'],
  plan: ['core', 'config', 'graph', 'fingerprint', 'store'],
  execute: ['core', 'config', 'graph', 'fingerprint', 'plan', 'store'],
  docker: ['core', 'execute'],
  embedded: ['core', 'store', 'execute'],
  image: ['core', 'config', 'store', 'execute'],
  ci: ['core', 'plan'],
  report: ['core', 'plan', 'image'],
  testkit: ['core', 'config', 'fingerprint', 'store', 'plan', 'execute', 'docker'],
  cli: ['core', 'config', 'graph', 'fingerprint', 'store', 'toolchain', 'plan', 'execute', 'docker', 'embedded', 'image', 'ci', 'report'],
}

/** Edges that carry types only. */
const TYPES_ONLY: readonly string[] = [
  'graph>config',
  'toolchain>config',
  'toolchain>execute',
  'plan>config',
  'execute>config',
  'plan>store',
  'docker>execute',
  'embedded>execute',
  'image>config',
  'image>execute',
  'ci>plan',
  'report>plan',
  'report>image',
  'fingerprint>config',
]

/** Values that an edge of types may carry all the same: the port's own constants and errors, and what every engine does alike. */
const PORT_VALUES = new Set(['HOST_CERTIFICATES_PATH', 'EngineStreamError', 'findOutputs', 'readFoundOutputs', 'neverStarted'])

/** Who may import a third-party package outside tests. */
const OWNERS: Readonly<Record<string, string | readonly string[]>> = {
  yaml: 'config',
  ajv: 'config',
  'fast-glob': 'config',
  'p-limit': 'execute',
  dockerode: 'docker',
  'modern-tar': 'docker',
  commander: 'cli',
  vitest: 'testkit',
}

interface Import {
  readonly file: string
  readonly specifier: string
  readonly typeOnly: boolean
  readonly names: string
}

function sourceFiles(packageName: string): readonly string[] {
  const directory = join(root, 'packages', packageName, 'src')
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('generated/'))
    .map((name) => join(directory, name))
    .toSorted()
}

const isTest = (file: string): boolean => file.endsWith('.test.ts')

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(file, 'utf8')
  const pattern = /^\s*(?:import|export)\s+(type\s+)?([^'"`;]*?)\s*from\s+'([^']+)'|import\('([^']+)'\)|^import\s+'([^']+)'/gm
  return [...text.matchAll(pattern)].map((match) => {
    const names = match[2] ?? ''
    const specifier = match[3] ?? match[4] ?? match[5] ?? ''
    const inner = /^\{([^}]*)\}$/.exec(names.trim())
    const members =
      inner?.[1]
        ?.split(',')
        .map((member) => member.trim())
        .filter(Boolean) ?? []
    const allTypes = members.length > 0 && members.every((member) => member.startsWith('type ') || PORT_VALUES.has(member))
    return { file: relative(root, file), specifier, typeOnly: match[1] !== undefined || allTypes, names }
  })
}

const packageOf = (specifier: string): string | null => /^@orchestrate\/([a-z]+)$/.exec(specifier)?.[1] ?? null
const isThirdParty = (specifier: string): boolean =>
  !specifier.startsWith('.') && !specifier.startsWith('node:') && packageOf(specifier) === null
const baseName = (specifier: string): string =>
  (specifier.startsWith('@') ? specifier.split('/').slice(0, 2) : specifier.split('/').slice(0, 1)).join('/')

describe.each(Object.keys(EDGES))('package %s', (name) => {
  const files = sourceFiles(name)
  const production = files.filter((file) => !isTest(file)).flatMap(importsOf)

  it('imports only the packages that its edges allow', () => {
    const outside = production.filter(
      ({ specifier }) => packageOf(specifier) !== null && !EDGES[name]?.includes(packageOf(specifier) ?? ''),
    )
    expect(outside).toEqual([])
  })

  it('imports types only over an edge of types', () => {
    const values = production.filter(({ specifier, typeOnly }) => !typeOnly && TYPES_ONLY.includes(`${name}>${packageOf(specifier) ?? ''}`))
    expect(values).toEqual([])
  })

  it('imports third-party packages only where they are owned', () => {
    const foreign = production.filter(
      ({ specifier, typeOnly }) => isThirdParty(specifier) && !typeOnly && ![OWNERS[baseName(specifier)]].flat().includes(name),
    )
    expect(foreign).toEqual([])
  })

  it('declares exactly its edges in package.json and tsconfig.json', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >
    const declared = Object.keys({ ...manifest['dependencies'], ...(name === 'cli' ? manifest['devDependencies'] : {}) }).flatMap(
      (key) => packageOf(key) ?? [],
    )
    const config = JSON.parse(readFileSync(join(root, 'packages', name, 'tsconfig.json'), 'utf8')) as { references: { path: string }[] }
    const references = config.references.map(({ path }) => path.replace('../', ''))
    const allowed = EDGES[name] ?? []
    expect(declared.filter((edge) => !allowed.includes(edge))).toEqual([])
    expect(references.filter((edge) => !allowed.includes(edge))).toEqual([])
  })

  it('has no circle of modules, type imports included', () => {
    expect(findCircle(files.filter((file) => !isTest(file)))).toEqual([])
  })

  it('has no default export, no barrel besides its door, and no drawer', () => {
    const names = files.map((file) => file.slice(file.lastIndexOf('/') + 1))
    expect(names.filter((file) => /^(utils?|helpers?|common|misc|shared)(\.test)?\.ts$/.test(file))).toEqual([])
    expect(files.filter((file) => file.endsWith('/index.ts')).map((file) => relative(join(root, 'packages', name, 'src'), file))).toEqual(
      name === 'cli' ? [] : ['index.ts'],
    )
    expect(files.filter((file) => /^export default /m.test(readFileSync(file, 'utf8')))).toEqual([])
  })

  it('leaves console, and the process with its arguments, variables and directory, to cli', () => {
    if (name === 'cli' || name === 'testkit') return
    // The reaper is a program of its own, started beside the run that it watches.
    const programs = new Set(['packages/docker/src/reaper.ts'])
    const users = files
      .filter((file) => !isTest(file) && !programs.has(relative(root, file)))
      .filter((file) => /\bconsole\.|\bprocess\.(argv|env|cwd|exit|stdout|stderr|on)\b/.test(readFileSync(file, 'utf8')))
    expect(users.map((file) => relative(root, file))).toEqual([])
  })
})

describe('the house', () => {
  it('has exactly the packages of the table', () => {
    expect(readdirSync(join(root, 'packages')).toSorted()).toEqual(Object.keys(EDGES).toSorted())
  })

  it('is described by ARCHITECTURE.md with the same edges', () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    const rows = [...text.matchAll(/^\| `([a-z]+)`[^|]*\|[^|]*\| ([^|]*) \|$/gm)].map((match) => [match[1] ?? '', match[2] ?? ''] as const)
    const described = Object.fromEntries(
      rows.map(([name, edges]) => [
        name,
        edges === 'all but testkit' || edges === 'all'
          ? EDGES[name]
          : edges === '–'
            ? []
            : edges.split(', ').map((edge) => edge.replace(' (types)', '')),
      ]),
    )
    expect(Object.keys(described).toSorted()).toEqual(Object.keys(EDGES).toSorted())
    for (const [name, edges] of Object.entries(EDGES))
      expect([name, [...(described[name] ?? [])].toSorted()]).toEqual([name, [...edges].toSorted()])
  })

  it('never leaves a test out', () => {
    const tests = [...Object.keys(EDGES).flatMap(sourceFiles), ...walk(join(root, 'test'))].filter(
      (file) => isTest(file) && !file.endsWith('architecture.test.ts'),
    )
    const left = tests.filter((file) => /\b(it|test|describe)\.(skip|only|todo)\b|skipIf\(|runIf\(/.test(readFileSync(file, 'utf8')))
    expect(left.map((file) => relative(root, file))).toEqual([])
  })
})

function walk(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(directory, name))
}

/** One circle of relative imports among `files`, or nothing. Iterative depth-first search. */
function findCircle(files: readonly string[]): readonly string[] {
  const edges = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolve(dirname(file), specifier)),
    ]),
  )
  const state = new Map<string, 'open' | 'done'>()
  for (const start of files) {
    if (state.has(start)) continue
    const path: { readonly file: string; next: number }[] = [{ file: start, next: 0 }]
    state.set(start, 'open')
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = edges.get(top.file)?.[top.next++]
      if (target === undefined) {
        state.set(top.file, 'done')
        path.pop()
      } else if (state.get(target) === 'open') {
        return [...path.map(({ file }) => file).slice(path.findIndex(({ file }) => file === target)), target].map((file) =>
          relative(root, file),
        )
      } else if (!state.has(target) && edges.has(target)) {
        state.set(target, 'open')
        path.push({ file: target, next: 0 })
      }
    }
  }
  return []
}
