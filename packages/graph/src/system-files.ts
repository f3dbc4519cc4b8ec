import type { Image, ToolchainDeclaration, Workspace } from '@orchestrate/config'
import { type Diagnostic, diagnostic, err, imageTargetId, ok, type Result, type TargetId, toolchainTargetId } from '@orchestrate/core'

/** The keys of an image that ask for files of a toolchain. */
export type SystemFiles = 'caCertificates' | 'timezones'

/**
 * Where an image takes its certificates or time zones from: the toolchain of the build whose artifact comes first, else its base.
 * Null where it asks for none, where the image that it is based on has them, and where a name was not found, which is reported elsewhere.
 */
export function findSystemFiles(workspace: Workspace, image: Image, what: SystemFiles): Result<TargetId | null, Diagnostic> {
  const bases = baseImages(workspace, image)
  if (!image[what] || bases.some((base) => base[what])) return ok(null)
  const first = image.files.find((file) => file.kind === 'artifact')
  if (first !== undefined) {
    const build = workspace.services.get(first.artifact.service)?.builds.get(first.artifact.build)
    return ok(build === undefined ? null : toolchainTargetId(build.toolchain.value))
  }
  const { from } = bases.at(-1) ?? image
  if (from.kind === 'toolchain') return ok(toolchainTargetId(from.toolchain.value))
  if (from.kind === 'debian') return ok(idOf(from.base))
  return from.kind === 'scratch' ? err(withoutToolchain(image, what)) : ok(null)
}

/** The images that an image is based on, nearest first; each once, for there may be a circle. */
function baseImages({ services }: Workspace, image: Image): readonly Image[] {
  const seen = new Set<Image>()
  for (let next: Image | null = image; next !== null && !seen.has(next); ) {
    seen.add(next)
    next = next.from.kind === 'service' ? (services.get(next.from.service.value)?.image ?? null) : null
  }
  return [...seen].slice(1)
}

const idOf = ({ name }: ToolchainDeclaration): TargetId => toolchainTargetId(name)

function withoutToolchain(image: Image, what: SystemFiles): Diagnostic {
  const files = what === 'timezones' ? 'time zones' : 'certificates'
  return diagnostic({
    id: what === 'timezones' ? 'image/timezones-without-toolchain' : 'image/certificates-without-toolchain',
    message: `image "${imageTargetId(image.service)}" asks for ${what}, but has neither a base nor an artifact whose toolchain could give them`,
    span: image.span,
    help: `give the image a base, or copy the ${files} with a file`,
  })
}
