import { identifyProcess } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { PID_NAMESPACE_LABEL, runLabels } from './names.ts'
import { ownerIsDead } from './sweep.ts'

describe('ownerIsDead', () => {
  const self = identifyProcess('self')
  const other = identifyProcess('other')

  it('spares its own run', () => {
    expect(ownerIsDead(runLabels({ ...self, pidStart: '1' }), self)).toBe(false)
  })

  it('spares a run whose process lives', () => {
    expect(ownerIsDead(runLabels(other), self)).toBe(false)
  })

  it('condemns a run of another boot', () => {
    expect(ownerIsDead(runLabels({ ...other, bootId: 'another' }), self)).toBe(true)
  })

  it('condemns a run whose process number is free', () => {
    expect(ownerIsDead(runLabels({ ...other, pid: 2 ** 30 }), self)).toBe(true)
  })

  it('condemns a run whose process number was given to another', () => {
    expect(ownerIsDead(runLabels({ ...other, pidStart: '1' }), self)).toBe(true)
  })

  it('spares a run of another pid namespace, which it cannot judge', () => {
    expect(ownerIsDead({ ...runLabels({ ...other, pid: 2 ** 30 }), [PID_NAMESPACE_LABEL]: 'pid:[1]' }, self)).toBe(false)
  })

  it('spares what is labelled incompletely', () => {
    expect(ownerIsDead({ 'dev.orchestrate.run': 'other' }, self)).toBe(false)
  })
})
