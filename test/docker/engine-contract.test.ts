import { mkdtempSync, rmSync } from 'node:fs'
import { busyboxRoot, engineContract, outputContract } from '@orchestrate/testkit'
import { afterAll, describe } from 'vitest'
import { openDocker } from './docker-fixture.ts'

const shared = mkdtempSync('/tmp/orchestrate-docker-')
const root = busyboxRoot(shared)

afterAll(() => rmSync(shared, { recursive: true }))

engineContract('docker', () => openDocker(shared, root))

describe('outputs of docker, read as an archive', () => outputContract(() => openDocker(shared, root, false)))
