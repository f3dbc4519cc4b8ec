export type { ActionRecord, BuildRecord, ImageRecord, StoredLayer, ToolchainRecord } from './action-record.ts'
export type { Blobs, History, HistoryItem, IngestedOutputs, Logs, MountPoint, PutOptions, Records, Scratch, Store, StoredBlob, Trees, View, Views, WorkspaceState } from './store.ts'
export type { Tree, TreeEntry } from './tree.ts'
