import type { Located, WorkspacePath } from '@orchestrate/core'
import type { ServiceDeclaration } from './expand-services.ts'
import type { Findings } from './findings.ts'
import type { BuilderFile, ServiceEntry } from './generated/builder-file.ts'
import { quote } from './quote.ts'
import type { SourceFile } from './source-file.ts'
import { member, named, text, type Typed, typed } from './typed-node.ts'
import { type MapNode, mapNode } from './yaml-node.ts'

/** A library as a builder.yaml declares it. */
export interface LibraryDeclaration {
  readonly name: Located<string>
  readonly dir: WorkspacePath
  readonly entry: Typed<BuilderFile>
}

export interface Declarations {
  readonly services: readonly ServiceDeclaration[]
  readonly libraries: readonly LibraryDeclaration[]
}

/** Every service and library of `files`; of two with one name the first counts and the second is reported. */
export function readDeclarations(files: readonly SourceFile[], findings: Findings): Declarations {
  const services = files.flatMap(servicesOf)
  const libraries = files.flatMap(({ dir, content }) => {
    const name = text(member(content, 'library'))
    return name === null ? [] : [{ name, dir, entry: content }]
  })
  for (const { name } of services) {
    if (name.value !== 'toolchain') continue
    findings.report({
      id: 'config/reserved-name',
      message: 'no service can be called "toolchain"',
      span: name.span,
      help: 'that name stands before the names of toolchains; choose another one',
    })
  }
  return {
    services: withoutDuplicates(services, { id: 'config/duplicate-service', noun: 'service' }, findings),
    libraries: withoutDuplicates(libraries, { id: 'config/duplicate-library', noun: 'library' }, findings),
  }
}

function servicesOf({ dir, content }: SourceFile): ServiceDeclaration[] {
  const name = text(member(content, 'service'))
  const single = name === null ? [] : [{ name, dir, entry: entryOf(content) }]
  const several = named(member(content, 'services')).map((service) => ({
    name: service.name,
    dir,
    entry: typed<ServiceEntry>(service.node),
  }))
  return [...single, ...several]
}

const SERVICE_KEYS = ['extends', 'with', 'uses', 'build', 'builds', 'image'] as const satisfies readonly (keyof ServiceEntry)[]

/** The service that a file's own keys describe. */
function entryOf(content: Typed<BuilderFile>): Typed<ServiceEntry> {
  if (content.kind !== 'map') return typed(content)
  const own: MapNode = content
  return typed(
    mapNode(
      new Map(
        SERVICE_KEYS.flatMap((key) => {
          const entry = own.entries.get(key)
          return entry === undefined ? [] : [[key, entry] as const]
        }),
      ),
      content.span,
    ),
  )
}

interface Kind {
  readonly id: 'config/duplicate-service' | 'config/duplicate-library'
  readonly noun: string
}

function withoutDuplicates<T extends { readonly name: Located<string> }>(
  declarations: readonly T[],
  { id, noun }: Kind,
  findings: Findings,
): T[] {
  const first = new Map<string, T>()
  for (const declaration of declarations) {
    const { name } = declaration
    const earlier = first.get(name.value)
    if (earlier === undefined) first.set(name.value, declaration)
    else
      findings.report({
        id,
        message: `${noun} ${quote(name.value)} is declared twice`,
        span: name.span,
        notes: [{ message: 'first declared here', span: earlier.name.span }],
        help: 'rename one of them',
      })
  }
  return [...first.values()]
}
