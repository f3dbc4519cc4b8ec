export type { Gate } from './gate.ts'
export {
  type Misbehaviour,
  type ScriptedEngine,
  scriptedEngine,
  type ScriptedEngineOptions,
  type ScriptedIo,
  type ScriptedProgram,
} from './scripted-engine.ts'
export { ReadOnlyError, type ScriptedFiles, type ScriptedNode, type ScriptedWorld } from './scripted-world.ts'
export { type SampleBuild, type SampleImage, type SampleService, type SampleWorkspace, sampleWorkspace } from './sample-workspace.ts'
