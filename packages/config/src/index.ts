export { type ConfigFiles, workTreeConfigFiles } from './config-files.ts'
export { CONFIG_DIAGNOSTICS, type ConfigDiagnosticId } from './diagnostics.ts'
export { findWorkspaceRoot } from './find-workspace-root.ts'
export { type Commit, type GitFacts, workTreeGitFacts } from './git-facts.ts'
export { type LoadDependencies, type LoadFailure, loadWorkspace } from './load-workspace.ts'
export type { ParseCache } from './parse-cache.ts'
export type { GitAnswer, GitRunner, GitRunOptions } from './run-git.ts'
export type {
  ArchiveSource,
  ArtifactReference,
  Build,
  BuildLimits,
  Duration,
  Command,
  DebianSource,
  EngineChoice,
  Healthcheck,
  Image,
  ImageBase,
  ImageFile,
  InputGroup,
  InputPattern,
  Library,
  Need,
  Service,
  ToolchainDeclaration,
  ToolchainSource,
  Workspace,
} from './workspace.ts'
