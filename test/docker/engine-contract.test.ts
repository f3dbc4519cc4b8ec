import { mkdtempSync, rmSync } from 'node:fs'
import { busyboxRoot, engineContract } from '@orchestrate/testkit'
import { afterAll } from 'vitest'
import { openDocker } from './docker-fixture.ts'

const shared = mkdtempSync('/tmp/orchestrate-docker-')
const root = busyboxRoot(shared)

afterAll(() => rmSync(shared, { recursive: true }))

engineContract('docker', () => openDocker(shared, root))
