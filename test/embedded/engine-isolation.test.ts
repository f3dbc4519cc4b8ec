import { mkdtempSync, rmSync } from 'node:fs'
import { busyboxRoot, isolationContract } from '@orchestrate/testkit'
import { afterAll } from 'vitest'
import { openEmbedded } from './embedded-fixture.ts'

const shared = mkdtempSync('/tmp/orchestrate-embedded-')
const root = busyboxRoot(shared)

afterAll(() => rmSync(shared, { recursive: true }))

isolationContract('embedded', () => openEmbedded(shared, root))
