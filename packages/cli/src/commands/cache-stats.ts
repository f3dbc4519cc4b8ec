import { renderStoreUse } from '@orchestrate/report'
import { measureStore, storeLocation } from '@orchestrate/store'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { handleInterrupts } from '../interrupts.ts'
import type { Invocation } from '../invocation.ts'

/** `orchestrate cache stats`: what the store takes up. It is one for all workspaces of a user, so none is needed. */
export async function cacheStats({ host, colorOf }: Invocation, { json }: { readonly json: boolean }): Promise<ExitCode> {
  using interrupts = handleInterrupts(process, () => {})
  const store = storeLocation(host.env, host.home)
  try {
    const parts = await measureStore(store, interrupts.stop)
    host.stdout.write(
      json ? `${JSON.stringify({ schemaVersion: 1, store, parts })}\n` : renderStoreUse({ store, parts }, { color: colorOf(host.stdout) }),
    )
    return EXIT.done
  } catch (error) {
    if (!interrupts.stop.aborted) throw error
    return interrupts.exitCode() ?? EXIT.interrupted
  }
}
