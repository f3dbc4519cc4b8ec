import type { RootWriter } from './root-writer.ts'

/** What engines put over a root file system when they start a builder in it. */
const BUILDER_MOUNT_POINTS: readonly (readonly [path: string, kind: 'directory' | 'file', mode: number])[] = [
  ['/workspace', 'directory', 0o755],
  ['/out', 'directory', 0o755],
  ['/tmp', 'directory', 0o1777],
  ['/var/tmp', 'directory', 0o1777],
  ['/root', 'directory', 0o700],
  ['/run', 'directory', 0o755],
  ['/run/orchestrate', 'directory', 0o755],
  ['/run/orchestrate/ca-certificates.crt', 'file', 0o444],
]

/** What a runtime puts over the file system of any image. */
const IMAGE_MOUNT_POINTS: typeof BUILDER_MOUNT_POINTS = [
  ['/proc', 'directory', 0o555],
  ['/sys', 'directory', 0o555],
  ['/dev', 'directory', 0o755],
  ['/etc/hosts', 'file', 0o644],
  ['/etc/hostname', 'file', 0o644],
  ['/etc/resolv.conf', 'file', 0o644],
]

/**
 * Makes mount points before anybody uses the root: runtimes make those that are missing, in the shared root itself.
 * An image gets no directory that it would not have in production.
 */
export function provideMountPoints(writer: RootWriter, purpose: 'builder' | 'image', further: readonly string[]): void {
  const points = purpose === 'builder' ? [...IMAGE_MOUNT_POINTS, ...BUILDER_MOUNT_POINTS] : IMAGE_MOUNT_POINTS
  for (const [path, kind, mode] of points) writer.provide(path, kind, mode)
  for (const path of further) writer.provide(path, 'directory', 0o755)
}
