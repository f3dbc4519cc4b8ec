/** What a splitter tells about the records of a stream, in their order. */
export interface RecordSink {
  /** The next piece of the current record. */
  part(bytes: Buffer): void
  /** The current record is complete. */
  end(): void
}

/**
 * Splits the output of `git cat-file --batch=MARK`: each record is the mark, a line feed, the content, a line feed. The size that
 * git could print before the content is that of the stored object, not of the filtered content, so the mark alone must
 * tell where a record ends: it has to be one that nobody can guess.
 */
export function createRecordSplitter(
  mark: string,
  sink: RecordSink,
): {
  feed(piece: Buffer): void
  /** To be called once, after all pieces; gives the number of records. */
  finish(): number
} {
  const boundary = Buffer.from(`\n${mark}\n`)
  // The first mark has no content before it, so the line feed is put there.
  let pending: Buffer = Buffer.from('\n')
  let records = 0
  const feed = (piece: Buffer) => {
    pending = Buffer.concat([pending, piece])
    let start = 0
    for (let at = pending.indexOf(boundary); at >= 0; at = pending.indexOf(boundary, start)) {
      if (records > 0) {
        if (at > start) sink.part(pending.subarray(start, at))
        sink.end()
      }
      records += 1
      start = at + boundary.length
    }
    // A boundary may have begun in what is left.
    const safe = Math.max(start, pending.length - boundary.length + 1)
    if (records > 0 && safe > start) sink.part(pending.subarray(start, safe))
    pending = pending.subarray(records > 0 ? safe : start)
  }
  const finish = () => {
    if (records === 0) return 0
    if (pending.length > 1) sink.part(pending.subarray(0, -1))
    sink.end()
    return records
  }
  return { feed, finish }
}
