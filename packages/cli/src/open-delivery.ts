import { isAbsolute, join } from 'node:path'
import type { EngineChoice } from '@orchestrate/config'
import { err, ok, type Result } from '@orchestrate/core'
import type { ImageSink } from '@orchestrate/execute'
import { dockerArchiveSink, ociLayoutSink } from '@orchestrate/image'
import type { Invocation } from './invocation.ts'
import type { Stop } from './stop.ts'

/** Where the images of a run go besides the store. */
export interface Delivery {
  /** Into Docker, whether it answers or not; `where-kept`: into the engine that runs builders, where it keeps images. */
  readonly load: 'always' | 'never' | 'where-kept'
  /** Files and directories of this machine, in the order in which they were named. */
  readonly sinks: readonly ImageSink[]
}

/** Reads `--load`, `--no-load` and `--output`: images are loaded where the engine keeps them, unless an output is named. */
export function openDelivery(
  invocation: Invocation,
  options: { readonly load: boolean | null; readonly outputs: readonly string[] },
): Result<Delivery, Stop> {
  const sinks: ImageSink[] = []
  for (const output of options.outputs) {
    const sink = parseOutput(invocation, output)
    if (!sink.ok) return sink
    sinks.push(sink.value)
  }
  return ok({ load: decideLoad(options.load, sinks), sinks })
}

/** Whether images may go into Docker, as far as that is known before the workspace is read. */
export function mayLoad({ load }: Delivery, told: EngineChoice | null): boolean {
  return load === 'always' || (load === 'where-kept' && told?.kind !== 'embedded')
}

function decideLoad(told: boolean | null, sinks: readonly ImageSink[]): Delivery['load'] {
  if (told !== null) return told ? 'always' : 'never'
  return sinks.length === 0 ? 'where-kept' : 'never'
}

function parseOutput({ directory }: Invocation, output: string): Result<ImageSink, Stop> {
  const colon = output.indexOf(':')
  const kind = output.slice(0, colon)
  const path = output.slice(colon + 1)
  if (colon < 0 || path === '' || (kind !== 'oci' && kind !== 'docker-archive')) {
    return err({ kind: 'usage', message: `cannot write images to "${output}"`, help: 'expected oci:DIR or docker-archive:FILE' })
  }
  const absolute = isAbsolute(path) ? path : join(directory, path)
  return ok(kind === 'oci' ? ociLayoutSink(absolute, output) : dockerArchiveSink(absolute, output))
}
