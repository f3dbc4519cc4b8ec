import type { EnvironmentError, Result } from '@orchestrate/core'
import type { BuilderControl, RunIdentity } from './engine.ts'
import type { EmittedImage } from './image-ports.ts'

/** Starts emitted images as they would run in production: what `orchestrate run` needs of an engine. */
export interface ImageRunner {
  /** For messages: `docker`, `embedded`. */
  readonly name: string
  /**
   * Runs an image until its process ends by itself, or `stop` (SIGTERM, then SIGKILL after the grace) or `kill` ends it.
   * Nothing of it is left when the promise settles.
   */
  run(request: ImageRun, control: BuilderControl): Promise<Result<ImageExit, EnvironmentError>>
}

export interface ImageRun {
  readonly run: RunIdentity
  /** Names the container and is its host name. */
  readonly service: string
  readonly image: EmittedImage
  /** The first of its references. */
  readonly reference: string
  /** Instead of the image's Cmd; null keeps it. */
  readonly args: readonly string[] | null
  /** Added to the image's own environment, and stronger than it. */
  readonly env: ReadonlyMap<string, string>
  /** Grace between stop and kill, milliseconds. */
  readonly graceMs: number
  /** Called once when the process runs, with every port that the image exposes. */
  readonly onStarted: (ports: readonly PublishedPort[]) => void
}

/** Where a port of the image is reached on this machine. */
export interface PublishedPort {
  /** As the image exposes it: `8080/tcp`. */
  readonly port: string
  /** `127.0.0.1:49153`. */
  readonly address: string
}

export interface ImageExit {
  readonly code: number
  readonly outOfMemory: boolean
  /** True when `stop` or `kill` ended it. */
  readonly stopped: boolean
  /** Set when the process could not be started at all, in the engine's words. */
  readonly startError: string | null
}
