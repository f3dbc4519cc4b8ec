import { closeSync, openSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

export type LogStream = 'stdout' | 'stderr'

/** The log of one builder run: the raw bytes in a file, the last lines in memory. */
export interface BuilderLog {
  readonly path: string
  readonly write: (stream: LogStream, chunk: Uint8Array) => void
  /** Last lines of both streams as they came, at most `TAIL_LINES`. */
  readonly tail: () => readonly string[]
  /** Bytes that the builder wrote so far. */
  readonly size: () => number
  /** Ends the last line and the file; true when the file holds everything. */
  close(): boolean
}

const TAIL_LINES = 50
const MAX_LINE = 8 * 1024
/** A builder that floods its log is cut here; the file says so. */
const MAX_LOG_BYTES = 256 * 1024 * 1024
/** What is split of a chunk whose lines nobody wants but for the tail. */
const TAIL_BYTES = 16 * 1024

/**
 * Writes are synchronous: they go to the page cache, leave no hole, and hold a flooding builder back instead of filling memory.
 *
 * @param onLine receives every line, or null when only the tail is wanted, which costs a flood nothing.
 */
export function openBuilderLog(path: string, onLine: ((stream: LogStream, line: string) => void) | null): BuilderLog {
  const file = openFile(path)
  const tail: string[] = []
  const keep = (stream: LogStream, line: string): void => {
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    onLine?.(stream, line)
  }
  const splitters = { stdout: lineSplitter((line) => keep('stdout', line)), stderr: lineSplitter((line) => keep('stderr', line)) }
  let size = 0
  return {
    path,
    write: (stream, chunk) => {
      splitters[stream].push(onLine === null ? chunk.subarray(Math.max(0, chunk.length - TAIL_BYTES)) : chunk)
      const room = MAX_LOG_BYTES - size
      size += chunk.length
      if (room > 0) file.write(chunk.subarray(0, room))
      if (room > 0 && chunk.length > room) file.write(Buffer.from(`\n[log cut after ${MAX_LOG_BYTES} bytes]\n`))
    },
    tail: () => tail,
    size: () => size,
    close: () => {
      splitters.stdout.end()
      splitters.stderr.end()
      return file.close()
    },
  }
}

interface LogFile {
  write(bytes: Uint8Array): void
  close(): boolean
}

/** A log that cannot be written costs the log, not the build. */
function openFile(path: string): LogFile {
  let failed = false
  const attempt = <T>(call: () => T): T | null => {
    try {
      return failed ? null : call()
    } catch {
      failed = true
      return null
    }
  }
  const descriptor = attempt(() => openSync(path, 'w', 0o600))
  return {
    write: (bytes) => {
      if (descriptor !== null) attempt(() => writeSync(descriptor, bytes))
    },
    close: () => {
      if (descriptor !== null) closeSync(descriptor)
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
