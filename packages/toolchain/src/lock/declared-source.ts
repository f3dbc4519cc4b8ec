import type { ToolchainDeclaration } from '@orchestrate/config'
import { assertNever, compareCodeUnits, type Digest } from '@orchestrate/core'
import type { LockedSource } from '../toolchain.ts'

/**
 * What a declaration says now against what was locked: one phrase for each thing that changed, empty when nothing did.
 * `archive` is the digest of a rootfs archive in the work tree, null for the other kinds and when the file is missing.
 */
export function declarationChanges(declaration: ToolchainDeclaration, archive: Digest | null, locked: LockedSource): readonly string[] {
  const { source } = declaration
  switch (source.kind) {
    case 'debian':
      if (locked.kind !== 'debian') return [kindChange(locked.kind, source.kind)]
      return [
        ...valueChange('suite', locked.suite, source.suite),
        ...valueChange('mirror', locked.mirror, source.mirror),
        ...valueChange('snapshot', locked.snapshot, source.snapshot),
        ...packageChanges('packages added', source.packages, locked.packages),
        ...packageChanges('packages removed', locked.packages, source.packages),
      ]
    case 'image':
      if (locked.kind !== 'image') return [kindChange(locked.kind, source.kind)]
      return valueChange('image', locked.reference, source.reference)
    case 'archive':
      if (locked.kind !== 'archive') return [kindChange(locked.kind, source.kind)]
      return [...valueChange('archive', locked.path, source.written), ...valueChange('digest of the archive', locked.archive, archive)]
    case 'rootfs':
      if (locked.kind !== 'rootfs') return [kindChange(locked.kind, source.kind)]
      return [...valueChange('rootfs', locked.path, source.path), ...valueChange('digest of the archive', locked.archive, archive)]
    default:
      return assertNever(source)
  }
}

function kindChange(was: string, is: string): string {
  return `"${was}" became "${is}"`
}

function valueChange(what: string, was: string | null, is: string | null): readonly string[] {
  return was === is ? [] : [`${what}: ${was ?? 'none'} became ${is ?? 'none'}`]
}

function packageChanges(what: string, present: readonly string[], absent: readonly string[]): readonly string[] {
  const names = present.filter((name) => !absent.includes(name)).toSorted(compareCodeUnits)
  return names.length === 0 ? [] : [`${what}: ${names.join(', ')}`]
}
