// Writes the messages of a schema as Go structs, TypeScript readers and C formats.
// usage: node generate.mjs SCHEMA OUT
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const [schemaPath, out] = process.argv.slice(2)
const messages = Object.entries(JSON.parse(readFileSync(schemaPath, 'utf8')))

write('go/api.go', goPackage())
write('js/api.ts', typescriptModule())
write('c/api.h', cHeader())

function goPackage() {
  const types = { string: 'string', integer: 'int', 'string[]': '[]string' }
  const structs = messages.map(([name, fields]) => {
    const rows = Object.entries(fields).map(([field, type]) => [capitalize(field), types[type], `\`json:"${field}"\``])
    const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)))
    const lines = rows.map(([field, type, tag]) => `\t${field.padEnd(widths[0])} ${type.padEnd(widths[1])} ${tag}`)
    return `type ${name} struct {\n${lines.join('\n')}\n}\n`
  })
  return `// Code generated from shop.json. DO NOT EDIT.\n\n// Package api holds the messages that the services of the shop exchange.\npackage api\n\n${structs.join('\n')}`
}

function typescriptModule() {
  const types = { string: 'string', integer: 'number', 'string[]': 'string[]' }
  const readers = { string: 'z.string()', integer: 'z.number().int()', 'string[]': 'z.array(z.string())' }
  const parts = messages.map(([name, fields]) => {
    const list = (table) => Object.entries(fields).map(([field, type]) => `${field}: ${table[type]}`)
    return `export interface ${name} { ${list(types).join('; ')} }\nexport const ${name}: z.ZodType<${name}> = z.object({ ${list(readers).join(', ')} })\n`
  })
  return `// Generated from shop.json.\nimport { z } from 'zod'\n\n${parts.join('\n')}`
}

/** A printf format for each message that is flat: a C program writes them, it reads none. */
function cHeader() {
  const formats = { string: '\\"%s\\"', integer: '%d' }
  const flat = messages.filter(([, fields]) => Object.values(fields).every((type) => type in formats))
  const lines = flat.map(([name, fields]) => {
    const pairs = Object.entries(fields).map(([field, type]) => `\\"${field}\\":${formats[type]}`)
    return `#define ${name.toUpperCase()}_JSON "{${pairs.join(',')}}"`
  })
  return `/* Generated from shop.json. */\n#ifndef SHOP_API_H\n#define SHOP_API_H\n\n${lines.join('\n')}\n\n#endif\n`
}

function capitalize(word) {
  return word[0].toUpperCase() + word.slice(1)
}

function write(path, text) {
  mkdirSync(dirname(`${out}/${path}`), { recursive: true })
  writeFileSync(`${out}/${path}`, text)
}
