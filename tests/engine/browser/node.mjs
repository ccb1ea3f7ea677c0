// Runs the module's pure parts on what comes by standard input: jobs of a 16-byte header (kind,
// width, height, bytes; little-endian) and their bytes. Answers with one JSON list.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const { md5, pdqOfRgba } = await import(pathToFileURL(process.argv[2]))
const input = readFileSync(0)
const answers = []
for (let at = 0; at < input.length;) {
  const [kind, width, height, length] = [0, 4, 8, 12].map((field) => input.readUInt32LE(at + field))
  const bytes = new Uint8ClampedArray(input.subarray(at + 16, at + 16 + length))
  at += 16 + length
  answers.push(kind ? pdqOfRgba(bytes, width, height) : md5(new Uint8Array(bytes)))
}
console.log(JSON.stringify(answers))
