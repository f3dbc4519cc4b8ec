import { parentPort, workerData } from 'node:worker_threads'
import type { ScanMessage } from './threaded-scanner.ts'
import { beginScan, type ScanPlace } from './work-tree-scan.ts'

// The entry of the thread that looks at the work tree while the main one reads configuration; bundled on its own.
const answer = (message: ScanMessage): void => parentPort?.postMessage(message, [])
const scan = await beginScan(workerData as ScanPlace, new AbortController().signal)
if (!scan.ok) {
  answer({ kind: 'failed', findings: scan.error })
} else {
  const { paths, look, looked } = scan.value
  answer({ kind: 'listed', paths: paths.join('\0'), look })
  await looked
  answer({ kind: 'looked' })
}
