import { readFileSync, statSync } from 'node:fs'
import { findExecutable } from './find-executable.ts'

/** Programs that may be the first process of a container, best first. */
export const INITS = ['catatonit', 'docker-init', 'tini-static', 'dumb-init']
const INIT_DIRECTORIES = '/usr/libexec/podman:/usr/libexec/docker:/usr/lib/docker'

/** A static init, because the root file system of a builder need not have its libraries; whether it works the probe tells. */
export function findInit(searchPath: string): string | null {
  return INITS.flatMap((name) => findExecutable(name, `${searchPath}:${INIT_DIRECTORIES}`) ?? []).find(isStatic) ?? null
}

/** An ELF file without an interpreter. @see elf(5) */
function isStatic(path: string): boolean {
  if (!statSync(path).isFile()) return false
  const image = readFileSync(path)
  if (image.toString('latin1', 0, 4) !== '\x7fELF' || image[4] !== 2) return false
  const [offset, size, count] = [Number(image.readBigUInt64LE(32)), image.readUInt16LE(54), image.readUInt16LE(56)]
  return !Array.from({ length: count }, (_, index) => image.readUInt32LE(offset + index * size)).includes(PT_INTERP)
}

const PT_INTERP = 3
