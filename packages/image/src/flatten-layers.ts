import type { ImageEntry, LayerContents } from './inspect-image.ts'

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/**
 * The file system that layers give together, lowest first, whiteouts applied: by path.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts
 */
export function flattenLayers(layers: readonly LayerContents[]): ReadonlyMap<string, ImageEntry> {
  const files = new Map<string, ImageEntry>()
  for (const { entries } of layers) {
    // What a layer takes away lies below it, wherever in its archive the whiteout stands.
    for (const { path } of entries) takeAway(files, path)
    for (const entry of entries) {
      if (nameOf(entry.path).startsWith(WHITEOUT)) continue
      if (entry.type !== 'directory' && files.get(entry.path)?.type === 'directory') removeBelow(files, entry.path)
      files.set(entry.path, entry)
    }
  }
  return files
}

function takeAway(files: Map<string, ImageEntry>, path: string): void {
  const name = nameOf(path)
  if (!name.startsWith(WHITEOUT)) return
  const directory = path.slice(0, path.length - name.length)
  if (name === OPAQUE) return removeBelow(files, directory.slice(0, -1))
  const gone = `${directory}${name.slice(WHITEOUT.length)}`
  removeBelow(files, gone)
  files.delete(gone)
}

function removeBelow(files: Map<string, ImageEntry>, directory: string): void {
  const prefix = directory === '' ? '' : `${directory}/`
  for (const path of files.keys()) if (path.startsWith(prefix) && path !== directory) files.delete(path)
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
