import { mkdtempSync, rmSync } from 'node:fs'
import { busyboxRoot, engineContract, isolationContract } from '@orchestrate/testkit'
import { afterAll } from 'vitest'
import { openEmbedded } from './embedded-fixture.ts'

const shared = mkdtempSync('/tmp/orchestrate-embedded-')
const root = busyboxRoot(shared)

afterAll(() => rmSync(shared, { recursive: true }))

engineContract('embedded on runc', () => openEmbedded(shared, root, 'runc'))
isolationContract('embedded on runc', () => openEmbedded(shared, root, 'runc'))
