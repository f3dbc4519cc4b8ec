import { type Diagnostic, diagnostic, type WorkspacePath } from '@orchestrate/core'
import { helpFor, type InventoryDiagnosticId } from './diagnostics.ts'
import type { FileFinding } from './inventory.ts'

/** An error of the inventory with its documented help. */
export function inventoryFinding(id: InventoryDiagnosticId, message: string, more: Partial<Diagnostic> = {}): Diagnostic {
  return diagnostic({ id, message, help: helpFor(id), ...more })
}

/** The same about one file, whose reader is not known yet. */
export function fileFinding(id: InventoryDiagnosticId, path: WorkspacePath, message: string, more: Partial<Diagnostic> = {}): FileFinding {
  return { ...inventoryFinding(id, message, more), path }
}

export function invalidName(path: WorkspacePath): FileFinding {
  return fileFinding('inputs/invalid-name', path, `the name ${quotedPath(path)} is not valid UTF-8`)
}

/** A path for a message: in double quotes, with control characters and bytes that are not UTF-8 escaped. */
export function quotedPath(path: string): string {
  let text = ''
  for (const character of path) text += escapeCharacter(character)
  return `"${text}"`
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  // Lone surrogates stand for bytes that are not UTF-8: see decodeNames.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return `\\x${code.toString(16).padStart(2, '0')}`
  return character
}
