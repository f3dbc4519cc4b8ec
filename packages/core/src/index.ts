export { assertNever } from './assert-never.ts'
export type { ArchiveEntry } from './archive-entry.ts'
export type { BuildEvent, DecisionKind, EmitEvent, ImageSummary, RunOutcome, TargetOutcome, TargetSummary } from './build-event.ts'
export { canonicalJson, type CanonicalValue } from './canonical-json.ts'
export { type Clock, systemClock, systemTicker, type Ticker } from './clock.ts'
export { formatBytes } from './format-bytes.ts'
export { closest } from './closest.ts'
export { compareCodeUnits } from './compare.ts'
export { compareDiagnostics, type Diagnostic, diagnostic, type Note } from './diagnostic.ts'
export { createDigester, type Digest, type Digester, digestFromHex, digestHex, digestOf, isDigest, parseDigest } from './digest.ts'
export { type EnvironmentError, environmentError, type Failure, failure, type Trouble } from './failure.ts'
export type { HostCheck } from './host-check.ts'
export { formatPlatform, linuxPlatform, type Platform } from './platform.ts'
export type { Reason } from './reason.ts'
export { err, ok, type Result } from './result.ts'
export { type Located, type Position, positionAt, type Span } from './source.ts'
export { buildTargetId, imageTargetId, type TargetId, type TargetKind, toolchainTargetId } from './target-id.ts'
export {
  isInside,
  isWorkspacePath,
  joinWorkspacePath,
  parseWorkspacePath,
  relativeTo,
  WORKSPACE_ROOT,
  type WorkspacePath,
} from './workspace-path.ts'
