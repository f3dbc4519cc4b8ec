import { type EnvironmentError, environmentError } from '@orchestrate/core'

/** What is wrong with an image on disk. `unusable`: it is not there, or not for us; `invalid`: it is not what it says it is. */
export class ArchiveFault extends Error {
  override readonly name = 'ArchiveFault'
  readonly kind: 'unusable' | 'invalid'

  constructor(kind: 'unusable' | 'invalid', message: string) {
    super(message)
    this.kind = kind
  }
}

export function invalid(message: string): ArchiveFault {
  return new ArchiveFault('invalid', message)
}

/** The error for people; null for what is not about an image on disk. */
export function archiveError(error: unknown, toolchain: string, archive: string): EnvironmentError | null {
  const subject = `the image "${archive}" of toolchain "${toolchain}"`
  if (error instanceof ArchiveFault && error.kind === 'invalid') return integrity(subject, error.message)
  if (error instanceof ArchiveFault) return unusable(subject, error.message)
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  return error.code.startsWith('Z_')
    ? integrity(subject, `a layer cannot be decompressed: ${error.message}`)
    : unusable(subject, `it cannot be read: ${error.message}`)
}

function integrity(subject: string, detail: string): EnvironmentError {
  return environmentError({
    kind: 'integrity',
    id: 'toolchain/archive-invalid',
    message: `${subject} is damaged`,
    details: [detail],
    help: 'write the image again, for instance with `skopeo copy`',
  })
}

function unusable(subject: string, detail: string): EnvironmentError {
  return environmentError({
    id: 'toolchain/archive-unusable',
    message: `${subject} cannot be used`,
    details: [detail],
    help: 'name an OCI layout (oci:DIR[:TAG]) or a docker archive (docker-archive:FILE[:NAME]) of the workspace',
  })
}
