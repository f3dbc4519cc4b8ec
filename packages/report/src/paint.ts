import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** Colours text, or leaves it alone. */
export type Paint = (format: Format, text: string) => string

export function createPaint(color: boolean): Paint {
  return color ? (format, text) => styleText(format, text, { validateStream: false }) : (_format, text) => text
}
