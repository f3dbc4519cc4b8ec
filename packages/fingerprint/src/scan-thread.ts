import { parentPort, workerData } from 'node:worker_threads'
import { type ScanPlace, scanWorkTree } from './work-tree-scan.ts'
import type { ScanMessage } from './threaded-scanner.ts'

// The entry of the thread that looks at the work tree while the main one reads configuration; bundled on its own.
const answer = (message: ScanMessage, handedOver: readonly ArrayBuffer[] = []): void => parentPort?.postMessage(message, handedOver)
const scan = await scanWorkTree(workerData as ScanPlace, new AbortController().signal)
if (!scan.ok) {
  answer({ kind: 'failed', findings: scan.error })
} else {
  answer({ kind: 'listed', paths: scan.value.paths.join('\0') })
  const states = await scan.value.states
  answer({ kind: 'looked', states }, states === null ? [] : [states.buffer as ArrayBuffer])
}
