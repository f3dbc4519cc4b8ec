/**
 * The fully qualified form of an image reference, as containerd stores names: `app` is `docker.io/library/app:latest`.
 * `reference` must be valid; a digest in it stays as it is, without a tag of our own.
 * @see https://github.com/distribution/reference/blob/v0.6.0/normalize.go
 */
export function canonicalReference(reference: string): string {
  const slash = reference.indexOf('/')
  const first = reference.slice(0, Math.max(0, slash))
  const hasDomain = first === 'localhost' || /[.:A-Z]/.test(first)
  const domain = hasDomain ? (DOMAINS.get(first) ?? first) : DEFAULT_DOMAIN
  const rest = hasDomain ? reference.slice(slash + 1) : reference
  const path = domain === DEFAULT_DOMAIN && !rest.includes('/') ? `library/${rest}` : rest
  const name = path.slice(path.lastIndexOf('/') + 1)
  return `${domain}/${path}${/[:@]/.test(name) ? '' : ':latest'}`
}

const DEFAULT_DOMAIN = 'docker.io'

/** Docker Hub's historical name. */
const DOMAINS: ReadonlyMap<string, string> = new Map([['index.docker.io', DEFAULT_DOMAIN]])
