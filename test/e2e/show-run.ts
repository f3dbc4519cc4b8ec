import { dirname } from 'node:path'
import type { Rig, Run } from './rig.ts'

/**
 * What a user sees of a run, whole: exit code, stderr, stdout.
 * Only the rig's own directories, the engine's version, durations and digests are replaced, and columns stand two blanks apart.
 */
export function showRun(rig: Rig, run: Run): string {
  const part = (title: string, text: string): readonly string[] => (text === '' ? [] : [`--- ${title}`, normalise(rig, text).trimEnd()])
  return [`exit ${run.code}`, ...part('stderr', run.stderr), ...part('stdout', run.stdout)].join('\n')
}

function normalise(rig: Rig, text: string): string {
  const lines = text
    .replaceAll(dirname(rig.root), 'BASE')
    .replaceAll(/^engine: .*$/gm, 'engine: ENGINE')
    .replaceAll(/\b(?:[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{64})\b/g, 'DIGEST')
    .replaceAll(/\b(?:\d+m )?\d+(?:\.\d+)? ?m?s\b/g, 'TIME')
    .split('\n')
  // The width of a column of times depends on them; elsewhere the blanks are part of the answer.
  const isRow = (line: string): boolean => line.includes('TIME') || line.endsWith('  -')
  return lines.map((line) => (isRow(line) ? line.replaceAll(/(?<=\S) {2,}/g, '  ') : line)).join('\n')
}
