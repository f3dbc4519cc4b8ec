import { UnexpectedAnswer } from './json-value.ts'

/** Where the two streams of a container go; chunks are cut anywhere, also inside a character. */
export interface OutputStreams {
  readonly stdout: (chunk: Uint8Array) => void
  readonly stderr: (chunk: Uint8Array) => void
}

const HEADER_BYTES = 8
const STDOUT = 1
const STDERR = 2

/**
 * Takes the engine's multiplexed attach stream apart, to its end. Keeps at most one header of 8 bytes in memory:
 * payloads are passed on as they come, however long their frame is.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.44/#tag/Container/operation/ContainerAttach
 * @throws UnexpectedAnswer for an unknown stream type or an end inside a frame.
 */
export async function demultiplex(chunks: AsyncIterable<Uint8Array>, streams: OutputStreams): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES)
  let headerLength = 0
  let payloadLeft = 0
  for await (const chunk of chunks) {
    let offset = 0
    while (offset < chunk.length) {
      if (payloadLeft > 0) {
        const piece = chunk.subarray(offset, offset + payloadLeft)
        write(header, piece, streams)
        offset += piece.length
        payloadLeft -= piece.length
      } else {
        header[headerLength++] = chunk[offset++] ?? 0
        if (headerLength < HEADER_BYTES) continue
        headerLength = 0
        payloadLeft = header.readUInt32BE(4)
      }
    }
  }
  if (payloadLeft > 0 || headerLength > 0) throw new UnexpectedAnswer("the builder's output ended inside a frame")
}

function write(header: Buffer, piece: Uint8Array, streams: OutputStreams): void {
  const stream = header[0]
  if (stream === STDOUT) streams.stdout(piece)
  else if (stream === STDERR) streams.stderr(piece)
  else throw new UnexpectedAnswer(`the builder's output has a frame of the unknown stream ${stream}`)
}
