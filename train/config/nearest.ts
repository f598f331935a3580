/** Levenshtein distance: insertions, deletions and substitutions of letters from `a` to `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/**
 * The candidate nearest to `word`, the first of equals; null where none is within two letters, or two
 * fifths of a longer word, or where every letter differs.
 */
export function nearest<T>(
  word: string,
  candidates: readonly T[],
  distance: (word: string, candidate: T) => number,
): T | null {
  let best: T | null = null;
  let least = Math.min(Math.max(2, 0.4 * word.length), word.length - 1);
  for (const candidate of candidates) {
    const d = distance(word, candidate);
    if (d < least || (d === least && best === null)) {
      best = candidate;
      least = d;
    }
  }
  return best;
}
