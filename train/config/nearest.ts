/**
 * How many single letters must be put in, taken out or changed to turn `a` into `b` (Levenshtein).
 */
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
 * The candidate most like `word`, or null when none is like it. Alike means that at most two
 * letters, or two fifths of a longer word, differ, and not all of them; the first wins a tie.
 * `distance` may replace the plain edit distance.
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
