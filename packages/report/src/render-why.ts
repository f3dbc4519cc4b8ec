import { describeReason } from './describe-reason.ts'
import { createPaint, type Paint } from './paint.ts'
import type { Cause, Why } from './why.ts'

/** `orchestrate why`: every reason of every target, below each what stands behind it. */
export function renderWhy(answers: readonly Why[], options: { readonly color: boolean }): string {
  const paint = createPaint(options.color)
  return answers.map((answer) => renderAnswer(answer, paint)).join('')
}

function renderAnswer({ target, decision, causes }: Why, paint: Paint): string {
  if (decision === 'current') return `${target}  ${paint('gray', 'current: nothing that it is made of has changed')}\n`
  return `${paint('bold', target)}  ${paint('yellow', decision)}\n${causes.map((cause) => renderCause(cause, '  ', paint)).join('')}`
}

function renderCause({ reason, causes }: Cause, indent: string, paint: Paint): string {
  const again = causes === null ? paint('gray', ' (see above)') : ''
  const below = (causes ?? []).map((cause) => renderCause(cause, `${indent}  `, paint)).join('')
  return `${indent}${describeReason(reason)}${again}\n${below}`
}
