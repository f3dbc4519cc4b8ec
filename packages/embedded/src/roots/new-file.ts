import { closeSync, fchmodSync, ftruncateSync, futimesSync, writeSync } from 'node:fs'
import { onDisk } from '@orchestrate/store'

/** A file that is being written. */
export class NewFile {
  readonly #descriptor: number
  readonly #path: string
  readonly #attributes: { readonly mode: number; readonly mtime: number; readonly size: number }
  #end = 0

  /** Takes over an open descriptor; `path` is for messages. */
  constructor(descriptor: number, path: string, attributes: { readonly mode: number; readonly mtime: number; readonly size: number }) {
    this.#descriptor = descriptor
    this.#path = path
    this.#attributes = attributes
  }

  /** @throws DiskError */
  write(piece: Uint8Array, position: number): void {
    for (let done = 0; done < piece.length; ) {
      done += onDisk(this.#path, () => writeSync(this.#descriptor, piece, done, piece.length - done, position + done))
    }
    this.#end = position + piece.length
  }

  /** Gives the file its size, for one that ends in a hole, its mode and its time. @throws DiskError */
  finish(): void {
    const { mode, mtime, size } = this.#attributes
    onDisk(this.#path, () => {
      try {
        if (this.#end !== size) ftruncateSync(this.#descriptor, size)
        fchmodSync(this.#descriptor, mode)
        futimesSync(this.#descriptor, mtime, mtime)
      } finally {
        closeSync(this.#descriptor)
      }
    })
  }

  /** Lets go of a file that will not be complete. */
  abandon(): void {
    closeSync(this.#descriptor)
  }
}
