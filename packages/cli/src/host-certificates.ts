import { existsSync } from 'node:fs'
import type { Host } from './host.ts'

/** Where Linux distributions keep the bundle of trusted CAs. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** The CA bundle of this machine: SSL_CERT_FILE where it is set, else the distribution's; null when there is none. */
export function findHostCertificates(env: Host['env']): string | null {
  return [env['SSL_CERT_FILE'], ...BUNDLES].find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null
}

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy']

/** The proxy variables of this machine, in both spellings, for builders with a network. */
export function proxyEnvironment(env: Host['env']): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const name of PROXY_VARIABLES) {
    for (const spelling of [name, name.toUpperCase()]) {
      const value = env[spelling]
      if (value !== undefined && value !== '') found.set(spelling, value)
    }
  }
  return found
}
