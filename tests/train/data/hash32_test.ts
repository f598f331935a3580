import assert from "node:assert/strict";
import { hash32, mix32 } from "../../../train/data/hash32.ts";

Deno.test("hash32() depends on every integer, its order, its sign and its high bits", () => {
  const inputs = [[], [0], [0, 0], [1], [-1], [1, 2], [2, 1], [2 ** 32], [2 ** 32 + 1], [2 ** 52]];
  assert.equal(new Set(inputs.map((integers) => hash32(...integers))).size, inputs.length);
});

Deno.test("hash32() is the same everywhere: these values are fixed", () => {
  assert.deepEqual([hash32(1, 2, 3), hash32(-7), mix32(0)], [3878862273, 1229186223, 1684164658]);
});

Deno.test("hash32() of consecutive numbers looks random: bits even, neighbours half apart", () => {
  const n = 4096;
  for (let bit = 0; bit < 32; bit++) {
    let ones = 0;
    let changes = 0;
    for (let k = 0; k < n; k++) {
      ones += hash32(5, k) >>> bit & 1;
      changes += (hash32(5, k) ^ hash32(5, k + 1)) >>> bit & 1;
    }
    assert.ok(Math.abs(ones / n - 0.5) < 0.04, `bit ${bit}: ${ones} ones`);
    assert.ok(Math.abs(changes / n - 0.5) < 0.04, `bit ${bit}: ${changes} changes`);
  }
});
