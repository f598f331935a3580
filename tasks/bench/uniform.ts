/** `count` numbers uniform in `[-spread, spread)`, the same for the same seed (xorshift). */
export function uniform(count: number, spread: number, seed: number): Float32Array {
  const out = new Float32Array(count);
  let state = (seed + 1) * 0x9e3779b1 | 0;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[i] = (state / 2 ** 31) * spread;
  }
  return out;
}
