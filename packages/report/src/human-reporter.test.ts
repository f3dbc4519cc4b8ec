import { type BuildEvent, digestOf, environmentError, failure, type TargetId, type TargetSummary } from '@orchestrate/core'
import { describe, expect, it } from 'vitest'
import { humanReporter, type HumanReporterOptions } from './human-reporter.ts'

const id = (text: string): TargetId => text as TargetId

const summary = (fields: Partial<TargetSummary> & Pick<TargetSummary, 'id'>): TargetSummary => ({
  kind: 'build',
  service: 'api',
  decision: 'build',
  outcome: 'succeeded',
  durationMs: 1200,
  artifactBytes: null,
  image: null,
  toolchainBytes: null,
  trouble: null,
  logPath: null,
  ...fields,
})

function render(events: readonly BuildEvent[], options: Partial<HumanReporterOptions> = {}): string {
  const lines: string[] = []
  const report = humanReporter({ write: (text) => lines.push(text), color: false, githubActions: false, showHits: true, ...options })
  for (const event of events) report(event)
  return lines.join('')
}

const built = summary({ id: id('api:build'), artifactBytes: 2 * 1024 * 1024, toolchainBytes: 270 * 1024 * 1024 })
const emitted = summary({
  id: id('api:image'),
  kind: 'image',
  decision: 'emit',
  durationMs: 40,
  artifactBytes: 2 * 1024 * 1024,
  image: { reference: 'shop/api:latest', digest: digestOf('image'), bytes: 2 * 1024 * 1024 + 2048 },
  toolchainBytes: 270 * 1024 * 1024,
})
const failed = summary({
  id: id('web:build'),
  service: 'web',
  outcome: 'failed',
  durationMs: 3000,
  trouble: failure({ id: 'build/exited', message: 'the command exited with code 2', help: 'read the log' }),
  logPath: '/store/logs/web~build.log',
})
const skipped = summary({
  id: id('web:image'),
  service: 'web',
  kind: 'image',
  decision: 'emit',
  outcome: 'skipped',
  durationMs: 0,
  trouble: failure({ id: 'build/need-failed', message: 'needs "web:build", which was not built' }),
})

describe('humanReporter', () => {
  it('writes one line for a start and one for an end', () => {
    expect(
      render([
        { type: 'run-started', at: 0, workspace: 'shop', acting: 2, current: 11, jobs: 2 },
        {
          type: 'target-started',
          at: 0,
          target: id('api:build'),
          kind: 'build',
          decision: 'build',
          reason: { kind: 'input-changed', path: 'api/main.go' },
        },
        { type: 'target-output', at: 0, target: id('api:build'), stream: 'stdout', line: 'compiling' },
        { type: 'target-finished', at: 0, summary: built, logTail: ['compiling'] },
        { type: 'target-finished', at: 0, summary: emitted, logTail: [] },
        {
          type: 'image-delivered',
          at: 0,
          target: id('api:image'),
          destination: 'docker',
          references: ['shop/api:latest'],
          digest: digestOf('image'),
          sentBytes: 4096,
        },
      ]),
    ).toBe(`2 targets to act on, 11 current, 2 jobs at once
api:build  started  api/main.go changed
api:build  built in 1.2 s, 2.0 MiB
api:image  emitted in 40 ms, 2.0 MiB
api:image  delivered to docker as shop/api:latest (4.0 KiB sent)
`)
  })

  it('ends with the cause of each failure, the end of its log, the table, and what was not built', () => {
    expect(
      render([
        { type: 'target-finished', at: 0, summary: failed, logTail: ['one', 'two\u001b[2J'] },
        { type: 'target-finished', at: 0, summary: skipped, logTail: [] },
        { type: 'run-finished', at: 0, outcome: 'failed', durationMs: 4200, targets: [built, emitted, failed, skipped] },
      ]),
    ).toBe(`web:build  failed after 3.0 s: the command exited with code 2
web:image  skipped: needs "web:build", which was not built

error[build/exited]: web:build: the command exited with code 2
  = help: read the log
  last 2 lines of its log:
  | one
  | two
  log: /store/logs/web~build.log

SERVICE  DECISION   TIME  ARTIFACT    IMAGE  TOOLCHAIN  DIGEST
api      build     1.2 s   2.0 MiB  2.0 MiB    270 MiB  ${digestOf('image').slice(0, 19)}
web      failed    3.0 s         -        -          -  -

Not built (1):
  web:image  needs "web:build", which was not built

Failed in 4.2 s: 2 done, 0 current, 1 failed, 1 not built.
`)
  })

  it('says which engine runs the builders, why, and what it cannot enforce', () => {
    const chosen = { type: 'engine-chosen', at: 0, engine: 'embedded', summary: 'crun 1.8.1 (/usr/bin/crun), no root' } as const
    expect(
      render([
        { ...chosen, because: null, unenforced: [] },
        { ...chosen, because: 'no Docker engine is here', unenforced: ['pids: no cgroup is delegated to this user'] },
      ]),
    ).toBe(`engine: crun 1.8.1 (/usr/bin/crun), no root
engine: crun 1.8.1 (/usr/bin/crun), no root (no Docker engine is here)
not enforced here: pids: no cgroup is delegated to this user
`)
  })

  it.each([
    [1, '1 image is in the store: start it with `orchestrate run api`, or write it with `orchestrate apply --output oci:DIR`'],
    [2, '2 images are in the store: start one with `orchestrate run api`, or write them with `orchestrate apply --output oci:DIR`'],
  ])('ends with what to do with images that went nowhere: %d', (many, words) => {
    const stored = summary({ id: id('api:image'), kind: 'image', image: { reference: null, digest: digestOf('image'), bytes: 1 } })
    const targets = Array.from({ length: many }, () => stored)
    expect(render([{ type: 'run-finished', at: 0, outcome: 'succeeded', durationMs: 8, targets }])).toContain(
      `\nSucceeded in 8 ms: ${many} done, 0 current.\n${words}\n`,
    )
  })

  it('shows where the log of a hit lies', () => {
    const hit = summary({ id: id('api:build'), decision: 'current', durationMs: 0, logPath: '/store/logs/api~build.log' })
    expect(render([{ type: 'run-finished', at: 0, outcome: 'succeeded', durationMs: 8, targets: [hit] }])).toContain(
      '\nLogs of what was current:\n  api:build  /store/logs/api~build.log\n\nSucceeded in 8 ms: 0 done, 1 current.\n',
    )
  })

  it('groups logs in GitHub Actions, and lets no builder speak to the runner', () => {
    expect(
      render(
        [
          { type: 'target-output', at: 0, target: id('web:build'), stream: 'stdout', line: '::set-env name=PATH::/evil' },
          { type: 'target-output', at: 0, target: id('web:build'), stream: 'stderr', line: 'x ##[error]forged' },
          { type: 'target-finished', at: 0, summary: failed, logTail: [] },
        ],
        { githubActions: true },
      ),
    ).toBe(`web:build  failed after 3.0 s: the command exited with code 2
::group::log of web:build
| ::set-env name=PATH::/evil
| x ## [error]forged
::endgroup::
::error title=web%3Abuild::the command exited with code 2
`)
  })

  it('lets neither a log nor a file name in the summary speak to the runner', () => {
    const trouble = failure({
      id: 'build/output-missing',
      message: 'the output "app" was not there',
      details: ['/out held:', '  ::error::x'],
    })
    const shown = render(
      [
        { type: 'target-finished', at: 0, summary: { ...failed, trouble }, logTail: ['x ##[error]forged'] },
        { type: 'run-finished', at: 0, outcome: 'failed', durationMs: 0, targets: [] },
      ],
      { githubActions: true },
    )
    expect(shown).toContain('  /out held:\n    : :error::x\n  last 1 line of its log:\n  | x ## [error]forged\n')
  })

  it('tells notices, and troubles of the surroundings, with what to do', () => {
    const trouble = environmentError({ id: 'store/disk-full', message: 'no space left', details: ['0 B free'], help: 'free some' })
    expect(
      render([
        { type: 'notice', at: 0, id: 'inputs/changed', message: 'inputs changed', help: 'run again' },
        { type: 'run-finished', at: 0, outcome: 'failed', durationMs: 0, targets: [] },
        { type: 'target-finished', at: 0, summary: { ...failed, trouble }, logTail: [] },
      ]),
    ).toBe(
      'notice[inputs/changed]: inputs changed; run again\n\nFailed in 0 ms: 0 done, 0 current.\nweb:build  failed after 3.0 s: no space left\n',
    )
  })
})
