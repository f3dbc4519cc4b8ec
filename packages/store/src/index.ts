export type { ActionRecord, BuildRecord, ImageRecord, StoredLayer, ToolchainRecord } from './action-record.ts'
export { type Breath, createBreath } from './breath.ts'
export { STORE_DIAGNOSTICS } from './diagnostics.ts'
export { createDisk, type Disk, DiskError, diskCode, onDisk } from './disk.ts'
export { escapeName } from './escape-name.ts'
export { measureStore, type StorePart } from './measure-store.ts'
export { isBeingWritten } from './is-being-written.ts'
export { IntegrityError } from './integrity-error.ts'
export { openStore, type OpenStoreOptions } from './open-store.ts'
export { parseActionRecord, serialiseActionRecord } from './parse-action-record.ts'
export { parseTree, serialiseTree, treeDigest } from './parse-tree.ts'
export { storeLocation } from './store-location.ts'
export { formatLabel, isDead, labelProcess, parseLabel, type ProcessLabel, readBootId } from './process-label.ts'
export { removeTree } from './remove-tree.ts'
export { withStoreLock } from './store-lock.ts'
export type {
  Blobs,
  History,
  HistoryItem,
  IngestedOutputs,
  Logs,
  MountPoint,
  PutOptions,
  Records,
  Scratch,
  Store,
  StoreExamination,
  StoreSeal,
  StoredBlob,
  Trees,
  View,
  Views,
  WorkspaceState,
} from './store.ts'
export type { Tree, TreeEntry } from './tree.ts'
export { type TreeProblem, validateTree } from './validate-tree.ts'
