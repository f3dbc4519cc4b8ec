import { UnexpectedAnswer } from './json-value.ts'

/** Longest line that is read, bytes: progress lines have a few hundred. */
const LINE_LIMIT = 1 << 20

/**
 * Decodes the engine's progress streams: JSON values, one a line, in UTF-8 that may be cut anywhere.
 * A last line without its newline counts, blank lines do not.
 *
 * @throws UnexpectedAnswer for a line that is no JSON or longer than 1 MiB.
 */
export async function* readJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_LIMIT) throw new UnexpectedAnswer('the engine sent a line of more than 1 MiB')
    for (const line of lines) if (line.trim() !== '') yield parseLine(line)
  }
  const last = rest + decoder.decode()
  if (last.trim() !== '') yield parseLine(last)
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new UnexpectedAnswer(`the engine sent a line that is no JSON: ${JSON.stringify(line.slice(0, 80))}`, { cause })
  }
}
