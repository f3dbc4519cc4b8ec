import { expect, it } from 'vitest'
import { runTestsAs } from './tests-of-a-user.ts'
import { createUnprivilegedUser } from './unprivileged-user.ts'

const SUITES = ['test/embedded/engine-contract.test.ts', 'test/embedded/engine-isolation.test.ts']

it.each(['subordinate', 'single'] as const)('the contract and the isolation hold for an ordinary user: %s ids', async (ids) => {
  using user = createUnprivilegedUser(ids, {})
  const { passed, failed, trouble } = await runTestsAs(user, SUITES)
  expect({ failed, trouble }).toEqual({ failed: [], trouble: null })
  expect(passed).toBeGreaterThan(120)
  expect(user.processes()).toEqual([])
})
