import assert from "node:assert/strict";
import { median, pairedTimes } from "../../../engine/testing/paired_times.ts";

Deno.test("pairedTimes() returns a time for every contender and round", async () => {
  const tick = () => new Promise<void>((done) => setTimeout(done, 1));
  const times = await pairedTimes([tick, tick], 4);
  assert.deepEqual(times.map((t) => t.length), [4, 4]);
  assert.ok(times.flat().every((t) => t > 0));
});

Deno.test("median() is the middle value, or the mean of the middle two", () => {
  assert.equal(median([3, 1, 100]), 3);
  assert.equal(median([4, 1, 2, 100]), 3);
});
