// Writes src/generated from schemas/builder.schema.json: the compiled validators and the types of what they accept.
// Files that would not change are left alone, so that incremental type checks stay incremental.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { compile } from 'json-schema-to-typescript'

const BANNER = '// Generated from schemas/builder.schema.json by scripts/generate.mjs: do not edit.\n'
const folder = new URL('../src/generated/', import.meta.url)
const schema = JSON.parse(readFileSync(new URL('../../../schemas/builder.schema.json', import.meta.url), 'utf8'))

mkdirSync(folder, { recursive: true })
write('validate.js', BANNER + validators())
write(
  'validate.d.ts',
  `${BANNER}import type { ErrorObject } from 'ajv'

export interface Validator {
  (value: unknown): boolean
  /** Every finding of the last call; null when it returned true. */
  errors?: readonly ErrorObject[] | null
}

/** A whole builder.yaml. */
export const validateFile: Validator
/** A file that the root includes. */
export const validateIncluded: Validator
/** One service, its template expanded. */
export const validateService: Validator
`,
)
write('builder-file.ts', BANNER + (await types()))

function validators() {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    strictTypes: false,
    code: { source: true, esm: true, optimize: 1 },
  })
  ajv.addKeyword({ keyword: 'x-expected', schemaType: 'string' })
  ajv.addSchema(schema)
  const code = standalone.default(ajv, {
    validateFile: schema.$id,
    validateIncluded: `${schema.$id}#/$defs/includedFile`,
    validateService: `${schema.$id}#/$defs/service`,
  })
  // ajv writes `require` for lengths, uniqueness and formats, which an ES module cannot call: the schema must do without them.
  if (/\brequire\(/.test(code)) throw new Error('the schema uses a keyword whose validator needs a run-time library of ajv')
  return code
}

function types() {
  return compile(withoutConditions(schema), 'BuilderFile', {
    bannerComment: '',
    additionalProperties: false,
    format: false,
    ignoreMinAndMaxItems: true,
    unreachableDefinitions: true,
  })
}

/** Leaves out which keys exclude or require each other: types cannot say it, and the attempt makes them unreadable. */
function withoutConditions(value) {
  if (Array.isArray(value)) return value.map(withoutConditions)
  if (value === null || typeof value !== 'object') return value
  const conditional = (key) =>
    key === 'oneOf' || key.startsWith('dependent') || (key === 'anyOf' && value.anyOf.every((option) => option.required))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !conditional(key))
      .map(([key, inner]) => [key, withoutConditions(inner)]),
  )
}

function write(name, text) {
  const file = new URL(name, folder)
  let present = null
  try {
    present = readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  if (present !== text) writeFileSync(file, text)
}
