/** Integer hashing: the same numbers give the same well-mixed 32 bits on every machine. */

const GOLDEN = 0x9e3779b9;
const WORD = 2 ** 32;

/** Mixes 32 bits: every output bit depends on every input bit (the finaliser of splitmix32). */
export function mix32(x: number): number {
  x = (x + GOLDEN) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** Hashes integers (up to 2^53 in size, of either sign), in order, to one of 0 to 2^32 - 1. */
export function hash32(...integers: number[]): number {
  let hash = 0;
  for (const integer of integers) {
    hash = mix32(hash ^ (integer | 0));
    hash = mix32(hash ^ Math.floor(integer / WORD));
  }
  return hash;
}
