import { escapeName } from '@orchestrate/store'

/**
 * Names in archives and on disks are bytes. Here they are strings with one character a byte, so that no name is lost or
 * merged with another for not being UTF-8.
 */
export type BinaryText = string

const BEYOND_ASCII = /[\u0080-\u00ff]/

/** What node:fs takes for such a name. */
export function toHostPath(path: BinaryText): string | Buffer {
  return BEYOND_ASCII.test(path) ? Buffer.from(path, 'latin1') : path
}

/** The bytes of a path as we are given it. */
export function fromHostPath(path: string): BinaryText {
  return Buffer.from(path).toString('latin1')
}

/** For messages: in quotes, as UTF-8 where it is, shortened, and without anything that speaks to a terminal. */
export function showName(name: BinaryText): string {
  return escapeName(Buffer.from(name, 'latin1').toString())
}
