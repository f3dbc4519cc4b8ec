export { EXECUTE_DIAGNOSTICS } from './diagnostics.ts'
export {
  type Builder,
  type BuilderControl,
  type BuilderExit,
  type BuilderLimits,
  type BuilderMount,
  type CacheKey,
  type Engine,
  type EngineDescription,
  type EngineImage,
  EngineStreamError,
  HOST_CERTIFICATES_PATH,
  type RootFilesystem,
  type RunIdentity,
} from './engine.ts'
export { execute, type RunResult } from './execute.ts'
export type {
  Delivery,
  EmissionBase,
  EmissionFile,
  EmissionRequest,
  EmittedImage,
  EmittedLayer,
  ImageEmitter,
  ExpectedDelivery,
  ImageLoader,
  ImageSink,
  LoadedImage,
} from './image-ports.ts'
export type { ImageExit, ImageRun, ImageRunner, PublishedPort } from './image-runner.ts'
export { neverStarted } from './never-started.ts'
export { findOutputs, type FoundOutput, readFoundOutputs } from './output-directory.ts'
export type { ExecuteDeps, ExecuteOptions } from './run.ts'
export type { ReadyOptions, ReadyToolchain, ToolchainProvider } from './toolchain-port.ts'
