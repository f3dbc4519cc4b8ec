export { EMBEDDED_DIAGNOSTICS } from './diagnostics.ts'
export { createEmbeddedEngine, type EmbeddedEngineOptions } from './embedded-engine.ts'
