import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'

/** Names of the FIFOs in a container's directory. */
export const STREAM_NAMES = { stdout: 'stdout', stderr: 'stderr' } as const

type StreamName = keyof typeof STREAM_NAMES

/**
 * The two streams of a container's process, as FIFOs that its box has made. What Node makes for a child are sockets, which nobody can
 * open again by the name /dev/stdout, and scripts do.
 */
export interface ContainerStreams {
  /** Begins to read; the box waits for it. Not to be called when the box has ended. */
  open(): void
  /** Resolves when all was passed on and nobody can write any more; to be called when the box has ended. */
  drained(): Promise<void>
}

/** @param directory of the container */
export function containerStreams(directory: string, to: Readonly<Record<StreamName, (chunk: Uint8Array) => void>>): ContainerStreams {
  const readers: { readonly path: string; readonly closed: Promise<void> }[] = []
  return {
    open: () => {
      for (const name of ['stdout', 'stderr'] as const) {
        const path = join(directory, STREAM_NAMES[name])
        readers.push({ path, closed: read(path, to[name]) })
      }
    },
    drained: async () => {
      for (const { path } of readers) endWithoutWriter(path)
      await Promise.all(readers.map(({ closed }) => closed))
    },
  }
}

/** Without a writer such an open does not wait, and the end is not reached before there was one. @see fifo(7) */
function read(path: string, to: (chunk: Uint8Array) => void): Promise<void> {
  const reader = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
  reader.on('data', to)
  return new Promise((resolve) => {
    reader.once('error', () => resolve())
    reader.once('close', () => resolve())
  })
}

/** A reader whose writer never came would wait for ever: this one comes, and goes at once. */
function endWithoutWriter(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK))
  } catch (error) {
    // Its reader has ended already.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENXIO')) throw error
  }
}
