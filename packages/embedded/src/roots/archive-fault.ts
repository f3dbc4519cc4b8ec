/**
 * What a layer's archive did wrong. `hostile`: an entry that would reach outside of the root file system, or that contradicts
 * itself; `malformed`: not a tar that can be read.
 */
export class ArchiveFault extends Error {
  override readonly name = 'ArchiveFault'
  readonly kind: 'hostile' | 'malformed'
  /** The entry as it is named in the archive, one character a byte; null where no entry is to blame. */
  readonly entry: string | null

  constructor(kind: 'hostile' | 'malformed', entry: string | null, reason: string) {
    super(reason)
    this.kind = kind
    this.entry = entry
  }
}

export function malformed(reason: string, entry: string | null = null): ArchiveFault {
  return new ArchiveFault('malformed', entry, reason)
}

export function hostile(entry: string, reason: string): ArchiveFault {
  return new ArchiveFault('hostile', entry, reason)
}
