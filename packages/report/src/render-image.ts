import { formatBytes } from '@orchestrate/core'
import type { FileDifference, ImageContents, ImageDifference, ImageEntry } from '@orchestrate/image'
import { count, shortDigest } from './format.ts'
import { createPaint, type Paint } from './paint.ts'
import { sanitizeLine } from './sanitize.ts'
import { renderTable } from './table.ts'

/** What is shown of an image beside what it is made of. */
export interface ImageView {
  readonly reference: string
  readonly contents: ImageContents
  /** Bytes of the toolchain that its artifacts come from, or null. */
  readonly toolchainBytes: number | null
  /** Every file of every layer. */
  readonly files: boolean
}

const COLUMNS = ['LAYER', 'SIZE', 'FILES', 'FROM'].map((title, index) => ({
  title,
  align: index === 1 || index === 2 ? ('right' as const) : ('left' as const),
}))

/** `orchestrate image`: config, layers and sizes. */
export function renderImage({ reference, contents, toolchainBytes, files }: ImageView, options: { readonly color: boolean }): string {
  const paint = createPaint(options.color)
  const { config, layers, bytes, manifest } = contents
  const beside = toolchainBytes === null ? '' : paint('gray', ` (its toolchain: ${formatBytes(toolchainBytes)})`)
  const [head = '', ...rows] = renderTable(
    COLUMNS,
    layers.map(({ diffId, uncompressedSize, entries, createdBy }) => [
      shortDigest(diffId),
      formatBytes(uncompressedSize),
      String(entries.filter(({ type }) => type !== 'directory').length),
      sanitizeLine(createdBy ?? ''),
    ]),
  )
  return [
    `${paint('bold', reference)}  ${manifest}`,
    `${formatBytes(bytes)} in ${count(layers.length, 'layer')}${beside}, ${config.os}/${config.architecture}`,
    ...renderProcess(config.process),
    '',
    paint('bold', head),
    ...rows,
    ...(files ? ['', ...layers.flatMap(({ entries }) => entries.map(renderEntry))] : []),
    '',
  ].join('\n')
}

/** The fields of the config as the specification names them, one a line. */
function renderProcess(process: Readonly<Record<string, unknown>>): readonly string[] {
  const names = Object.keys(process)
  const width = Math.max(0, ...names.map((name) => name.length))
  return names.map((name) => sanitizeLine(`  ${name.padEnd(width)}  ${renderValue(process[name])}`))
}

function renderValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const LETTERS: Readonly<Record<ImageEntry['type'], string>> = { file: '-', directory: 'd', symlink: 'l', hardlink: 'h', other: '?' }

/** As tar lists it: `-0755 0:0  1.2 MiB  /app`. */
function renderEntry({ type, mode, uid, gid, size, path, target }: ImageEntry): string {
  const owner = `${uid}:${gid}`
  const link = target === null ? '' : ` -> ${target}`
  return sanitizeLine(
    `${LETTERS[type]}${mode.toString(8).padStart(4, '0')} ${owner.padEnd(11)} ${(type === 'file' ? formatBytes(size) : '').padStart(9)}  /${path}${link}`,
  )
}

/** `orchestrate image SERVICE --diff OTHER`: what was removed, added, changed. */
export function renderImageDifference({ files, config }: ImageDifference, options: { readonly color: boolean }): string {
  const paint = createPaint(options.color)
  if (files.length === 0 && config.length === 0) return 'the images hold the same files and the same config\n'
  return [
    ...config.map(({ field, before, after }) => sanitizeLine(`config ${field}: ${before ?? '(none)'} -> ${after ?? '(none)'}`)),
    ...files.map((file) => renderFileDifference(file, paint)),
    '',
  ].join('\n')
}

function renderFileDifference({ path, before, after }: FileDifference, paint: Paint): string {
  const name = sanitizeLine(`/${path}`)
  if (before === null) return paint('green', `+ ${name}${sizeOf(after)}`)
  if (after === null) return paint('red', `- ${name}${sizeOf(before)}`)
  return paint('yellow', `~ ${name}  ${changesOf(before, after).join(', ')}`)
}

const sizeOf = (entry: ImageEntry | null): string => (entry?.type === 'file' ? `  ${formatBytes(entry.size)}` : '')

function changesOf(before: ImageEntry, after: ImageEntry): readonly string[] {
  const octal = ({ mode }: ImageEntry): string => mode.toString(8).padStart(4, '0')
  const pairs: readonly (readonly [string, string, string])[] = [
    ['type', before.type, after.type],
    ['mode', octal(before), octal(after)],
    ['owner', `${before.uid}:${before.gid}`, `${after.uid}:${after.gid}`],
    ['target', before.target ?? '(none)', after.target ?? '(none)'],
    ['size', formatBytes(before.size), formatBytes(after.size)],
  ]
  const changed = pairs.filter(([, was, is]) => was !== is).map(([what, was, is]) => sanitizeLine(`${what} ${was} -> ${is}`))
  return changed.length > 0 ? changed : ['content']
}
