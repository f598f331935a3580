/** Values of a rank whose sums depend on the order of the terms. */
export function valuesOf(rank: number, n: number): Float32Array {
  return Float32Array.from(
    { length: n },
    (_, i) => Math.sin(1 + i * 7 + rank) * 3 ** rank,
  );
}
