import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout } from 'node:timers/promises'
import { sanitizeLine } from '@orchestrate/report'
import type { Output } from './host.ts'

export interface PrintOptions {
  readonly output: Output
  /** Whether more is to come: the log is followed while it is so. */
  readonly isGrowing: () => boolean
  readonly signal: AbortSignal
}

/** Milliseconds between two looks at a log that grows. */
const LOOK_MS = 100
const PIECE = 64 * 1024

/**
 * Prints a log: its very bytes, or, on a terminal, lines that cannot move the cursor. One that is begun anew while it is
 * followed is printed from its beginning. Ends when nobody writes it any more, or when `signal` aborts.
 *
 * @throws the file system's errors
 */
export async function printLog(path: string, { output, isGrowing, signal }: PrintOptions): Promise<void> {
  const file = openSync(path, 'r')
  const printer = output.isTerminal ? linePrinter(output) : { write: output.write, end: () => {} }
  const buffer = Buffer.alloc(PIECE)
  try {
    for (let offset = 0; !signal.aborted; ) {
      // Asked before reading: what is written between the two is read, too.
      const growing = isGrowing()
      if (fstatSync(file).size < offset) offset = 0
      const read = readSync(file, buffer, 0, PIECE, offset)
      offset += read
      if (read > 0) printer.write(Buffer.from(buffer.subarray(0, read)))
      else if (growing) await pause(signal)
      else break
    }
    printer.end()
  } finally {
    closeSync(file)
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(LOOK_MS, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

interface Printer {
  readonly write: (bytes: Uint8Array) => void
  readonly end: () => void
}

function linePrinter(output: Output): Printer {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    write: (bytes) => {
      const lines = (rest + decoder.write(Buffer.from(bytes))).split('\n')
      rest = lines.pop() ?? ''
      output.write(lines.map((line) => `${sanitizeLine(line)}\n`).join(''))
    },
    end: () => {
      rest += decoder.end()
      if (rest !== '') output.write(`${sanitizeLine(rest)}\n`)
    },
  }
}
