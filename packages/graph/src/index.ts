export type { ArtifactEdge, BuildGraph, BuildTarget, ImageTarget, Target, ToolchainTarget } from './build-graph.ts'
