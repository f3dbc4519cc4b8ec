/** What one header block of a tar says; whatever is left out is as a plain file has it. */
export interface Member {
  readonly name: string
  /** One character; `0` is a file. */
  readonly flag?: string
  readonly linkName?: string
  readonly mode?: number
  /** Seconds; a whole number, or the bytes of the field. */
  readonly mtime?: number | Buffer
  /** The size that is stated, when it is not the content's, or the bytes of the field. */
  readonly size?: number | Buffer
  readonly content?: string | Buffer
  readonly prefix?: string
  readonly uid?: number
  /** Overwrites bytes of the header before it is summed up. */
  readonly patch?: (block: Buffer) => void
}

/** An archive, byte by byte: everything that a tar can say, right or wrong. Names are taken as Latin-1. */
export function handMadeTar(...members: readonly (Member | Buffer)[]): Buffer {
  return Buffer.concat([...members.map((member) => (Buffer.isBuffer(member) ? member : memberBytes(member))), Buffer.alloc(1024)])
}

/** Header and content of one member, without the end of an archive. */
export function memberBytes(member: Member): Buffer {
  const content = Buffer.from(member.content ?? '')
  const block = Buffer.alloc(512)
  block.write(member.name, 0, 100, 'latin1')
  writeField(block, 100, 8, member.mode ?? 0o644)
  writeField(block, 108, 8, member.uid ?? 0)
  writeField(block, 116, 8, 0)
  writeField(block, 124, 12, member.size ?? content.length)
  writeField(block, 136, 12, member.mtime ?? 0)
  block.write(member.flag ?? '0', 156, 'latin1')
  block.write(member.linkName ?? '', 157, 100, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  block.write(member.prefix ?? '', 345, 155, 'latin1')
  member.patch?.(block)
  block.write('        ', 148, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([block, padded(content)])
}

/** A PAX header for the member that follows; keys and values are taken as UTF-8. */
export function paxHeader(records: readonly (readonly [string, string])[], flag: 'x' | 'g' = 'x'): Buffer {
  const content = Buffer.concat(
    records.map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`)
      const length = [1, 2, 3, 4, 5, 6, 7].map((digits) => rest + digits).find((sum, index) => String(sum).length === index + 1)
      return Buffer.from(`${length} ${key}=${value}\n`)
    }),
  )
  return memberBytes({ name: 'PaxHeaders/x', flag, content })
}

/** GNU's header for a name (`L`) or a link's target (`K`) that is too long for its field. */
export function gnuLongName(flag: 'L' | 'K', name: string): Buffer {
  return memberBytes({ name: '././@LongLink', flag, content: `${name}\0` })
}

/** A field of 12 bytes in base 256, as GNU tar writes numbers that octal digits cannot hold. */
export function base256(value: bigint): Buffer {
  const field = Buffer.alloc(12)
  const bits = BigInt.asUintN(96, value)
  for (let index = 0; index < 12; index += 1) field[index] = Number((bits >> BigInt(8 * (11 - index))) & 0xffn)
  field[0] = (field[0] ?? 0) | 0x80
  return field
}

function writeField(block: Buffer, offset: number, width: number, value: number | Buffer): void {
  if (Buffer.isBuffer(value)) value.copy(block, offset, 0, width)
  else block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1')
}

const padded = (content: Buffer): Buffer => Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)])
