import { compareCodeUnits } from '@orchestrate/core'
import type { ServiceDeclaration } from './expand-services.ts'
import { quote } from './quote.ts'
import { resolveBuild } from './resolve-build.ts'
import { resolveImage } from './resolve-image.ts'
import { resolveUses, usedSources } from './resolve-libraries.ts'
import type { Scope } from './scope.ts'
import { keySpan, member, named } from './typed-node.ts'
import type { Library, Service } from './workspace.ts'
import { isRefused } from './yaml-node.ts'

/** Every service by name, sorted by name; its template is expanded already. */
export function resolveServices(
  declarations: readonly ServiceDeclaration[],
  libraries: ReadonlyMap<string, Library>,
  scope: Scope,
): ReadonlyMap<string, Service> {
  const names = new Set(libraries.keys())
  const sorted = declarations.toSorted((a, b) => compareCodeUnits(a.name.value, b.name.value))
  return new Map(
    sorted.map(({ name, dir, entry }) => {
      const uses = resolveUses(member(entry, 'uses'), `service ${quote(name.value)}`, { names, findings: scope.findings })
      const owner = { service: name.value, dir, libraries: usedSources(uses, libraries) }
      const builds = named(member(entry, 'builds'))
        .filter(({ node }) => !isRefused(node))
        .flatMap((build) => resolveBuild(build, owner, scope) ?? [])
      const image = member(entry, 'image')
      const imageSpan = keySpan(entry, 'image')
      return [
        name.value,
        {
          name: name.value,
          dir,
          span: name.span,
          builds: new Map(builds.toSorted((a, b) => compareCodeUnits(a.name, b.name)).map((build) => [build.name, build])),
          image:
            image?.kind === 'map' ? resolveImage(image, { span: imageSpan ?? image.span, serviceSpan: name.span }, owner, scope) : null,
        },
      ]
    }),
  )
}
