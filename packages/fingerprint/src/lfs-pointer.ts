/** Pointers are shorter than this many bytes. */
const LFS_POINTER_LIMIT = 1024

/**
 * Whether `content`, a whole file, is what git-LFS leaves where the content has not been fetched.
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer
 */
export function isLfsPointer(content: Buffer): boolean {
  return content.length < LFS_POINTER_LIMIT && content.toString('latin1', 0, FIRST_LINE.length) === FIRST_LINE
}

const FIRST_LINE = 'version https://git-lfs.github.com/spec/v1'
