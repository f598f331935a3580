import { mix32 } from "../../train/data/hash32.ts";

const WORD = 2 ** 32;

/** Values of standard deviation `scale` by the hash of tests/golden/README.md. */
export function hashedValues(size: number, key: number, scale = 1, offset = 0) {
  const values = new Float32Array(size);
  const seed = mix32(key);
  for (let i = 0; i < size; i++) {
    values[i] = offset + scale * Math.sqrt(3) * (2 * mix32(seed ^ i) / WORD - 1);
  }
  return values;
}

/** A tensor by the hash whose name is number `key` in the sorted names. */
export function hashedWeight(
  name: string,
  shape: readonly number[],
  key: number,
  gain = 1,
): Float32Array<ArrayBuffer> {
  const size = shape.reduce((n, d) => n * d, 1);
  if (shape.length > 1) return hashedValues(size, key, Math.sqrt(gain * shape[0] / size));
  if (name.endsWith("running_var")) return hashedValues(size, key, 0.2 / Math.sqrt(3), 1);
  return hashedValues(size, key, 0.1, name.endsWith("weight") ? 1 : 0);
}
