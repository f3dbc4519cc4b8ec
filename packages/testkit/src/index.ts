export { type ContractStep, renderSteps } from './contract/contract-steps.ts'
export { engineContract } from './contract/engine-contract.ts'
export {
  contractBuilder,
  describeOutputs,
  type EngineFacts,
  type EngineFixture,
  observe,
  type Observed,
  type OpenFixture,
  outcomeOf,
} from './contract/engine-fixture.ts'
export type { Gate } from './gate.ts'
export { contractProgram, encodeSteps } from './contract/interpret-steps.ts'
export { identifyDeadProcess, identifyProcess, isAlive } from './process-identity.ts'
export { type Misbehaviour, type ScriptedEngine, scriptedEngine, type ScriptedEngineOptions } from './scripted-engine.ts'
export type { ScriptedEnd, ScriptedIo, ScriptedProgram } from './scripted-process.ts'
export { ReadOnlyError, type ScriptedFiles, type ScriptedNode, type ScriptedWorld } from './scripted-world.ts'
export { busyboxRoot } from './busybox-root.ts'
export { callDocker, DOCKER_SOCKET, dockerLeftovers } from './docker-calls.ts'
export { sampleInventory } from './sample-inventory.ts'
export { identityOf, SampleResults } from './sample-results.ts'
export { isolationContract } from './contract/isolation-contract.ts'
export { outputContract } from './contract/outputs.ts'
export { answerAndReset, answerJson, answerText, type DaemonHandler, hang, type ScriptedDaemon, scriptedDaemon } from './scripted-daemon.ts'
export { type SampleBuild, type SampleImage, type SampleService, type SampleWorkspace, sampleWorkspace } from './sample-workspace.ts'
export { connectTo } from './connect-to-daemon.ts'
export { type PrivateDaemon, privateDaemon } from './private-daemon.ts'
export { type TemporaryRepository, temporaryRepository } from './temporary-repository.ts'
