import { diagnostic } from '@orchestrate/core'
import { describe, expect, it } from 'vitest'
import { diagnosticsToJson, renderDiagnostics } from './render-diagnostics.ts'

const text = 'version: 1\nservice: api\nbuild:\n\toutputz: [app]\r\n'
const files = new Map([['api/builder.yaml', text]])
const span = { file: 'api/builder.yaml', offset: text.indexOf('outputz'), length: 'outputz'.length }
const unknownKey = diagnostic({
  id: 'config/unknown-key',
  message: 'unknown key "outputz" in build "build"',
  span,
  notes: [{ message: 'the build starts here', span: { file: 'api/builder.yaml', offset: text.indexOf('build'), length: 5 } }],
  help: 'did you mean "outputs"?',
})

describe('renderDiagnostics', () => {
  it('shows id, place, code frame, notes and help', () => {
    expect(renderDiagnostics([unknownKey], { files, color: false })).toBe(`error[config/unknown-key]: unknown key "outputz" in build "build"
 --> api/builder.yaml:4:2
  |
4 |  outputz: [app]
  |  ^^^^^^^
  = note: the build starts here (api/builder.yaml:3:1)
  = help: did you mean "outputs"?
`)
  })

  it('needs neither a place nor the text of the file', () => {
    const warning = diagnostic({ id: 'a/b', message: 'something', severity: 'warning' })
    expect(
      renderDiagnostics([warning, { ...unknownKey, notes: [], help: null }], { files: new Map(), color: false }),
    ).toBe(`warning[a/b]: something

error[config/unknown-key]: unknown key "outputz" in build "build"
 --> api/builder.yaml
`)
  })

  it('cuts a long line around the place', () => {
    const long = `${'a'.repeat(300)}X${'b'.repeat(300)}`
    const frame = renderDiagnostics([diagnostic({ id: 'a/b', message: 'm', span: { file: 'f', offset: 300, length: 1 } })], {
      files: new Map([['f', long]]),
      color: false,
    })
    const [, place, , source = '', marker = ''] = frame.split('\n')
    expect(place).toBe(' --> f:1:301')
    expect(source.length).toBeLessThan(170)
    expect(source[marker.indexOf('^')]).toBe('X')
  })

  it('shows twenty findings and counts the rest', () => {
    const many = Array.from({ length: 25 }, (_, index) => diagnostic({ id: 'a/b', message: `finding ${index}` }))
    const shown = renderDiagnostics(many, { files, color: false })
    expect(shown).toContain('finding 19')
    expect(shown).not.toContain('finding 20')
    expect(shown.endsWith('\n\n… and 5 further findings; "--json" lists all of them\n')).toBe(true)
  })
})

describe('diagnosticsToJson', () => {
  it('gives line and column from 1', () => {
    expect(diagnosticsToJson([unknownKey], files)).toEqual({
      diagnostics: [
        {
          id: 'config/unknown-key',
          severity: 'error',
          message: 'unknown key "outputz" in build "build"',
          file: 'api/builder.yaml',
          line: 4,
          column: 2,
          help: 'did you mean "outputs"?',
        },
      ],
    })
  })
})
