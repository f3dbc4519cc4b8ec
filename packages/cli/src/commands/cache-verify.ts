import { systemClock } from '@orchestrate/core'
import { openStore, type StoreExamination, storeLocation } from '@orchestrate/store'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { handleInterrupts } from '../interrupts.ts'
import type { Invocation } from '../invocation.ts'
import { stopCommand, trouble } from '../stop.ts'

/** `orchestrate cache verify`: reads all of the store; what is damaged is set aside, and made again by the next apply. */
export async function cacheVerify(invocation: Invocation, { json }: { readonly json: boolean }): Promise<ExitCode> {
  const { host } = invocation
  using interrupts = handleInterrupts(process, () => {})
  const opened = await openStore({ root: storeLocation(host.env, host.home), clock: systemClock })
  if (!opened.ok) return stopCommand(invocation, trouble(opened.error))
  const store = opened.value
  try {
    const examined = await store.examine(interrupts.stop)
    if (!examined.ok) return stopCommand(invocation, trouble(examined.error))
    const found = examined.value
    host.stdout.write(json ? `${JSON.stringify({ schemaVersion: 1, store: store.root, ...found })}\n` : describe(found, store.root))
    return found.damagedBlobs.length + found.damagedRecords.length === 0 ? EXIT.done : EXIT.integrity
  } catch (error) {
    if (!interrupts.stop.aborted) throw error
    return interrupts.exitCode() ?? EXIT.interrupted
  } finally {
    await store.close()
  }
}

function describe({ blobs, records, damagedBlobs, damagedRecords }: StoreExamination, root: string): string {
  const sum = `${blobs} blobs and ${records} records read in "${root}"`
  if (damagedBlobs.length + damagedRecords.length === 0) return `${sum}: all are what they are named\n`
  return [
    ...damagedBlobs.map((digest) => `damaged blob ${digest}: moved to quarantine`),
    ...damagedRecords.map((fingerprint) => `unreadable record ${fingerprint}: removed`),
    `${sum}: ${damagedBlobs.length + damagedRecords.length} damaged; the next apply makes again what it needs of them`,
    '',
  ].join('\n')
}
