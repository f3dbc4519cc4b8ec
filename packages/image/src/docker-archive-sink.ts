import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { compareCodeUnits, type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import type { ImageSink } from '@orchestrate/execute'
import { writeArchive } from './docker-archive.ts'
import { isMissing, outputError } from './file-errors.ts'
import { streamTrouble } from './stream-trouble.ts'
import type { NamedImage } from './layout-index.ts'
import { makeDirectory } from './make-directory.ts'
import { createQueue } from './queue.ts'
import { writeFileAtomically } from './write-file.ts'

/**
 * Writes everything that is delivered to it into one docker archive. The archive is whole after each delivery; images that
 * arrive while it is being written go into the next version together. What stood there before the run is replaced.
 * A symlink or a directory at `file` is refused (`image/output-refused`).
 *
 * @param file absolute.
 * @param destination how messages call it.
 */
export function dockerArchiveSink(file: string, destination = `docker-archive:${file}`): ImageSink {
  const delivered = new Map<string, NamedImage>()
  const inTurn = createQueue()
  let stale = false
  const write = async (signal: AbortSignal): Promise<number> => {
    if (!stale) return 0
    stale = false
    const images = [...delivered.values()].toSorted((a, b) => compareCodeUnits(nameOf(a), nameOf(b)))
    try {
      return await writeFileAtomically(file, writeArchive(images, { omitLayers: 0 }), { signal })
    } catch (error) {
      stale = true
      throw error
    }
  }
  const prepare = async (): Promise<Result<void, EnvironmentError>> => {
    await makeDirectory(dirname(file))
    return (await isTaken(file)) ? err(refused(file)) : ok(undefined)
  }
  return {
    destination,
    prepare: async (signal) => {
      try {
        return await prepare()
      } catch (error) {
        return err(streamTrouble(error, signal) ?? outputError(error, file))
      }
    },
    deliver: async (image, references, signal) => {
      try {
        const prepared = await prepare()
        if (!prepared.ok) return prepared
        const named = { image, references }
        if (delivered.get(nameOf(named))?.image.manifest.digest !== image.manifest.digest) {
          delivered.set(nameOf(named), named)
          stale = true
        }
        return ok({ references, sentBytes: await inTurn(() => write(signal)) })
      } catch (error) {
        return err(streamTrouble(error, signal) ?? outputError(error, file))
      }
    },
  }
}

const nameOf = ({ references }: NamedImage) => references.join(' ')

async function isTaken(file: string): Promise<boolean> {
  try {
    return !(await lstat(file)).isFile()
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

function refused(file: string) {
  return environmentError({
    id: 'image/output-refused',
    message: `will not write images to "${file}": something else than a file is there`,
    help: 'choose another path',
  })
}
