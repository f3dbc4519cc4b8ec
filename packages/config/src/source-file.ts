import type { WorkspacePath } from '@orchestrate/core'
import type { BuilderFile } from './generated/builder-file.ts'
import type { Typed } from './typed-node.ts'

/** A builder.yaml, without what the schema refused. */
export interface SourceFile {
  readonly path: WorkspacePath
  readonly dir: WorkspacePath
  readonly content: Typed<BuilderFile>
}
