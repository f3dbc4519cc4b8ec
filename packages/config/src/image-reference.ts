const LONGEST_NAME = 255
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const DOMAIN = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?))*(?::[0-9]{1,5})?$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^sha256:[a-f0-9]{64}$/

/**
 * Whether `text` is `[domain/]path[:tag][@digest]`.
 * @see https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
export function isImageReference(text: string): boolean {
  const [named = '', digest, ...more] = text.split('@')
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return false
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  return isRepository(hasTag ? named.slice(0, colon) : named) && (!hasTag || isTag(named.slice(colon + 1)))
}

/** Whether `text` is an image name without a tag or digest. */
export function isRepository(text: string): boolean {
  if (text.length > LONGEST_NAME) return false
  const [first = '', ...rest] = text.split('/')
  const hasDomain = rest.length > 0 && (/[.:A-Z]/.test(first) || first === 'localhost')
  const path = hasDomain ? rest : [first, ...rest]
  return (!hasDomain || DOMAIN.test(first)) && path.every((component) => COMPONENT.test(component))
}

export function isTag(text: string): boolean {
  return TAG.test(text)
}
