export { EMBEDDED_DIAGNOSTICS } from './diagnostics.ts'
export { createEmbeddedEngine } from './embedded-engine.ts'
export type { EmbeddedEngineOptions } from './engine-options.ts'
