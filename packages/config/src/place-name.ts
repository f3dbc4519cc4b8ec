import { quote } from './quote.ts'
import { isText, nodeAt, type PathStep, type YamlNode } from './yaml-node.ts'

/** Maps whose keys are names that the user gave, and what such a name names. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['toolchains', 'toolchain'],
  ['templates', 'template'],
  ['services', 'service'],
  ['builds', 'build'],
  ['params', 'parameter'],
])

/**
 * Where something stands in a file, in words and from the inside out:
 * `item 2 of "files" of the image of service "api"`. The empty string for the top level of a file that declares nothing.
 */
export function placeName(root: YamlNode, path: readonly PathStep[]): string {
  const words = declaredName(root)
  for (let at = 0; at < path.length; at++) {
    const step = path[at]
    const noun = NAMED.get(String(step))
    const next = path[at + 1]
    if (typeof step === 'number') words.push(`item ${step + 1}`)
    else if (step === 'build') words.push('build "build"')
    else if (step === 'image') words.push('the image')
    else if (noun !== undefined && next !== undefined) {
      words.push(`${noun} ${quote(String(next))}`)
      at++
    } else if (step !== undefined) words.push(quote(step))
  }
  return words.toReversed().join(' of ')
}

/** ` in <place>`, or nothing at the top level. */
export function inPlace(root: YamlNode, path: readonly PathStep[]): string {
  const name = placeName(root, path)
  return name === '' ? '' : ` in ${name}`
}

function declaredName(root: YamlNode): string[] {
  for (const kind of ['service', 'library']) {
    const name = nodeAt(root, [kind])
    if (name !== null && isText(name)) return [`${kind} ${quote(name.value)}`]
  }
  return []
}
