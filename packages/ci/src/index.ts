export { githubOutput } from './github-output.ts'
export { ciMatrix, type Matrix, type MatrixEntry, type TooManyEntries } from './matrix.ts'
