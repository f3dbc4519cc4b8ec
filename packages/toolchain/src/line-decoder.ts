import { StringDecoder } from 'node:string_decoder'

const MAX_LINE = 64 * 1024

/** Cuts a byte stream into lines of UTF-8, also where a character or a line falls between two pieces; longer lines are cut at 64 Ki. */
export class LineDecoder {
  readonly #onLine: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(piece: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.write(Buffer.from(piece))).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    if (this.#rest.length <= MAX_LINE) return
    this.#onLine(this.#rest)
    this.#rest = ''
  }

  end(): void {
    const last = this.#rest + this.#decoder.end()
    this.#rest = ''
    if (last !== '') this.#onLine(last)
  }
}
