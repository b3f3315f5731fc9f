/**
 * Run-length encoding of label maps, which have large uniform areas. Unlike zlib's, it holds nothing that Node cannot
 * release: Node 20 aborts if a worker is terminated while one of its zlib streams is being created.
 */

const LONGEST = 256

/** Encodes bytes as pairs of a run's length less one and its value. */
export function encodeRuns(data: Uint8Array): Uint8Array {
  const runs = new Uint8Array(2 * data.length)
  let size = 0
  for (let start = 0; start < data.length; ) {
    const value = data[start]!
    let end = start + 1
    while (end < data.length && end - start < LONGEST && data[end] === value) end++
    runs[size++] = end - start - 1
    runs[size++] = value
    start = end
  }
  return runs.slice(0, size)
}

/** Decodes `length` bytes. */
export function decodeRuns(runs: Uint8Array, length: number): Uint8Array {
  const data = new Uint8Array(length)
  let start = 0
  for (let i = 0; i < runs.length; i += 2) {
    const end = start + runs[i]! + 1
    data.fill(runs[i + 1]!, start, end)
    start = end
  }
  return data
}
