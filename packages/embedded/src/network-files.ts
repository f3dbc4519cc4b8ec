import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Builder } from '@orchestrate/execute'
import type { ContainerMount } from './container-plan.ts'

/**
 * What name look-ups read, as Docker gives it to containers: names of the loopback, and on the machine's network its own names
 * and its resolver. Each is a mount over whatever the toolchain has there.
 */
export function writeNetworkFiles(
  directory: string,
  { hostname, network }: Pick<Builder, 'hostname' | 'network'>,
): readonly ContainerMount[] {
  const own = { '/etc/hostname': `${hostname}\n`, ...(network === 'off' ? { '/etc/hosts': LOOPBACK_NAMES } : {}) }
  const written = Object.entries(own).map(([to, text]) => {
    const source = join(directory, to.slice('/etc/'.length))
    writeFileSync(source, text)
    return { to, source, kind: 'file', access: 'read-only' } as const
  })
  const shared = network === 'off' ? [] : ['/etc/hosts', '/etc/resolv.conf'].filter((path) => existsSync(path))
  return [...written, ...shared.map((path) => ({ to: path, source: realpathSync(path), kind: 'file', access: 'read-only' }) as const)]
}

const LOOPBACK_NAMES = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'
