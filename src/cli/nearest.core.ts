/** What somebody may have meant. */

/** How many letters must be added, dropped, changed or swapped to make one word of another. */
function distance (a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (rows[i - 2]?.[j - 2] ?? 0) + 1)
      row.push(best)
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}

/** The word that is nearest to `word`, when it is near enough to have been meant. */
export function nearest (word: string, words: Iterable<string>): string | undefined {
  let found: string | undefined
  let least = Infinity
  for (const other of words) {
    const far = other.startsWith(word) && word.length > 1 ? 1 : distance(word.slice(0, 64), other)
    if (far >= least || far > Math.max(1, Math.floor(Math.min(word.length, other.length) / 3))) continue
    least = far
    found = other
  }
  return found
}

/** `; did you mean 'x'?`, or nothing. */
export function didYouMean (word: string, words: Iterable<string>): string {
  const near = nearest(word, words)
  return near == null ? '' : `; did you mean '${near}'?`
}
