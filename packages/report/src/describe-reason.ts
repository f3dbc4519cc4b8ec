import { assertNever, type Reason } from '@orchestrate/core'
import { shortDigest } from './format.ts'

/** One reason in words: `services/checkout/main.go changed`. */
export function describeReason(reason: Reason): string {
  switch (reason.kind) {
    case 'never-built':
      return 'never built'
    case 'forced':
      return 'forced'
    case 'input-changed':
      return `${reason.path} changed`
    case 'input-added':
      return `${reason.path} is new`
    case 'input-removed':
      return `${reason.path} is gone`
    case 'env-changed':
      return `variable ${reason.name} changed`
    case 'env-added':
      return `variable ${reason.name} is new`
    case 'env-removed':
      return `variable ${reason.name} is gone`
    case 'toolchain-changed':
      return `toolchain ${reason.toolchain} changed`
    case 'toolchain-missing':
      return `toolchain ${reason.toolchain} is not in the store`
    case 'need-changed':
      return `artifact ${reason.artifact} changed`
    case 'need-acts':
      return `needs ${reason.target}`
    case 'definition-changed':
      return `its ${reason.field} changed`
    case 'record-missing':
      return 'its outcome is no longer in the store'
    case 'artifact-damaged':
      return `stored blob ${shortDigest(reason.digest)} is missing or damaged`
    case 'gate-failed':
      return `check ${reason.target} failed`
    case 'gate-pending':
      return `check ${reason.target} has yet to succeed`
    case 'last-run-failed':
      return 'its last run failed'
    default:
      return assertNever(reason)
  }
}
