import assert from "node:assert/strict";
import { mix32 } from "../../../train/data/hash32.ts";

const LARGE = [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, 0x10_0000];

/** A damaged copy, by seed: bytes changed, a number made extreme, a piece cut, doubled or moved. */
export function damaged(bytes: Uint8Array, seed: number): Uint8Array<ArrayBuffer> {
  let draws = 0;
  const below = (limit: number) => mix32(seed * 64 + draws++) % Math.max(1, limit);
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  const begin = below(copy.length);
  const length = Math.min(1 + below(16), copy.length - begin);
  switch (seed % 8) {
    case 0:
      return copy.slice(0, begin);
    case 1:
      return Uint8Array.from([...copy.subarray(0, begin), ...copy.subarray(begin + length)]);
    case 2:
      return Uint8Array.from([...copy.subarray(0, begin + length), ...copy.subarray(begin)]);
    case 3:
      copy.copyWithin(below(copy.length), begin, begin + length);
      return copy;
    case 4:
      if (begin + 4 <= copy.length) view.setUint32(begin, LARGE[below(LARGE.length)], true);
      return copy;
    default:
      for (let i = 0; i <= seed % 4; i++) copy[below(copy.length)] ^= 1 + below(255);
      return copy;
  }
}

/** The number of seeds of a fuzz test. */
export const SEEDS = 2500;

/**
 * Damages a file in `SEEDS` ways: each time `decode` must throw `Fault`, in one line, or give what
 * `check` accepts; most have to be refused.
 */
export function withstands<T>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array<ArrayBuffer>) => T,
  Fault: new (message: string) => Error,
  check: (value: T, seed: number) => void,
): void {
  let refused = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    let value: T;
    try {
      value = decode(damaged(bytes, seed));
    } catch (error) {
      assert.ok(error instanceof Fault, `seed ${seed}: ${error instanceof Error && error.stack}`);
      assert.match(error.message, /^[^\n]{1,2000}$/, `seed ${seed}`);
      refused++;
      continue;
    }
    check(value, seed);
  }
  assert.ok(refused > SEEDS / 4, `only ${refused} of ${SEEDS} refused`);
}

/** Cuts a file at every percent: `decode` must throw `Fault` each time. */
export function noticesCuts(
  bytes: Uint8Array<ArrayBuffer>,
  decode: (bytes: Uint8Array<ArrayBuffer>) => unknown,
  Fault: new (message: string) => Error,
): void {
  for (let percent = 0; percent < 100; percent++) {
    const cut = bytes.slice(0, Math.floor(bytes.length * percent / 100));
    assert.throws(() => decode(cut), Fault, `cut at ${percent}%`);
  }
}
