import { createHash } from 'node:crypto'
import { connect, createServer, type Server } from 'node:net'

/**
 * Runs `work` while no other process of this machine does so under the same name: an abstract unix socket, which the kernel
 * frees when its owner dies. Only saves double work: where sockets are not to be had, `work` runs without it.
 *
 * @param scope what the name belongs to, such as the store's path
 */
export async function withStoreLock<T>(scope: string, name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const address = `\0orchestrate-${createHash('sha256')
    .update(JSON.stringify([scope, name]))
    .digest('hex')}`
  let owned = await listen(address)
  while (owned === 'busy' && !signal.aborted) {
    await ownerLeft(address, signal)
    owned = await listen(address)
  }
  try {
    return await work()
  } finally {
    if (typeof owned !== 'string') await close(owned)
  }
}

interface Held {
  readonly server: Server
  readonly destroyAll: () => void
}

function listen(address: string): Promise<Held | 'busy' | 'unavailable'> {
  return new Promise((resolve) => {
    const waiting = new Set<{ destroy(): void }>()
    const server = createServer((socket) => {
      waiting.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => waiting.delete(socket))
    })
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE' ? 'busy' : 'unavailable'))
    server.listen({ path: address }, () => {
      server.unref()
      resolve({
        server,
        destroyAll: () => {
          for (const socket of waiting) socket.destroy()
        },
      })
    })
  })
}

/** Resolves when the owner closes, dies, or the signal aborts. */
function ownerLeft(address: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ path: address })
    const stop = (): void => void socket.destroy()
    signal.addEventListener('abort', stop, { once: true })
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
    socket.resume()
  })
}

function close(held: Held): Promise<void> {
  return new Promise((resolve) => {
    held.server.close(() => resolve())
    held.destroyAll()
  })
}
