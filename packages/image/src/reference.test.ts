import { describe, expect, it } from 'vitest'
import { canonicalReference } from './reference.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe('canonicalReference', () => {
  it.each([
    ['app', 'docker.io/library/app:latest'],
    ['app:v1', 'docker.io/library/app:v1'],
    ['shop/checkout:latest', 'docker.io/shop/checkout:latest'],
    ['docker.io/app', 'docker.io/library/app:latest'],
    ['index.docker.io/shop/app:1', 'docker.io/shop/app:1'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/shop/app', 'localhost:5000/shop/app:latest'],
    ['ghcr.io/acme/shop/checkout:v1.2', 'ghcr.io/acme/shop/checkout:v1.2'],
    [`ghcr.io/acme/app@${DIGEST}`, `ghcr.io/acme/app@${DIGEST}`],
    [`app:v1@${DIGEST}`, `docker.io/library/app:v1@${DIGEST}`],
  ])('%s is %s', (reference, expected) => {
    expect(canonicalReference(reference)).toBe(expected)
  })
})
