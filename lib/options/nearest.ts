/** Suggestions for misspelled names. */

/** Returns the known name nearest to a misspelled one; undefined if none is close. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name)
  const candidates = known
    .map((candidate) => ({ candidate, ...likeness(wanted, plain(candidate)) }))
    .filter(({ near }) => near)
    .sort((a, b) => a.edits - b.edits)
  return candidates[0]?.candidate
}

function likeness(wanted: string, candidate: string): { edits: number; near: boolean } {
  const edits = editDistance(wanted, candidate)
  const begins = Math.min(wanted.length, candidate.length) >= 3
  return {
    edits,
    near:
      edits <= Math.max(wanted.length, candidate.length) * 0.4 ||
      (begins && (wanted.startsWith(candidate) || candidate.startsWith(wanted))),
  }
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_.]/g, '')
}

/** Damerau-Levenshtein distance: insertions, deletions, substitutions and swaps of neighboring letters. */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      row[j] = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) row[j] = Math.min(row[j]!, before[j - 2]! + 1)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}
