import { createWriteStream } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { finished } from 'node:stream/promises'

export type LogStream = 'stdout' | 'stderr'

/** The log of one builder run: the raw bytes in a file, the last lines in memory. */
export interface BuilderLog {
  readonly path: string
  readonly write: (stream: LogStream, chunk: Uint8Array) => void
  /** Last lines of both streams as they came, at most `TAIL_LINES`. */
  readonly tail: () => readonly string[]
  /** Flushes; true when the file holds everything. */
  close(): Promise<boolean>
}

const TAIL_LINES = 40
const MAX_LINE = 8 * 1024
/** A builder that floods its log is cut here; the file says so. */
const MAX_LOG_BYTES = 256 * 1024 * 1024
/** Beyond this, chunks are still counted and split into lines but no longer queued for a slow disk. */
const MAX_QUEUED_BYTES = 16 * 1024 * 1024

export function openBuilderLog(path: string, onLine: (stream: LogStream, line: string) => void): BuilderLog {
  const file = createWriteStream(path, { mode: 0o600 })
  let failed = false
  file.on('error', () => {
    failed = true
  })
  const tail: string[] = []
  const keep = (stream: LogStream, line: string): void => {
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    onLine(stream, line)
  }
  const splitters = { stdout: lineSplitter((line) => keep('stdout', line)), stderr: lineSplitter((line) => keep('stderr', line)) }
  let written = 0
  return {
    path,
    write: (stream, chunk) => {
      splitters[stream].push(chunk)
      if (failed || written > MAX_LOG_BYTES || file.writableLength > MAX_QUEUED_BYTES) return
      written += chunk.length
      file.write(written > MAX_LOG_BYTES ? `\n[log cut after ${MAX_LOG_BYTES} bytes]\n` : chunk)
    },
    tail: () => tail,
    close: async () => {
      splitters.stdout.end()
      splitters.stderr.end()
      file.end()
      await finished(file).catch(() => undefined)
      return !failed
    },
  }
}

interface LineSplitter {
  push(chunk: Uint8Array): void
  end(): void
}

/** Splits UTF-8 that may be cut anywhere into lines of bounded length. */
function lineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const take = (text: string): void => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(trimLine(line))
    if (rest.length > MAX_LINE) {
      onLine(trimLine(rest))
      rest = ''
    }
  }
  return {
    push: (chunk) => take(decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))),
    end: () => {
      take(decoder.end())
      if (rest !== '') onLine(trimLine(rest))
      rest = ''
    },
  }
}

function trimLine(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text
}
