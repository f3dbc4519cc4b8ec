import { mkdtempSync, rmSync } from 'node:fs'
import { busyboxRoot, isolationContract } from '@orchestrate/testkit'
import { afterAll } from 'vitest'
import { openDocker } from './docker-fixture.ts'

const shared = mkdtempSync('/tmp/orchestrate-docker-')
const root = busyboxRoot(shared)

afterAll(() => rmSync(shared, { recursive: true }))

isolationContract('docker', () => openDocker(shared, root))
