import { strictEqual as equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { blockDigest } from "../../../train/data/block_digest.ts";

const sha256 = (...parts: Uint8Array[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

const bytes = Uint8Array.from({ length: 23 }, (_, i) => i * 7);

Deno.test("blockDigest() is the SHA-256 of the blocks' SHA-256, wherever the pieces end", async () => {
  const blocks = [0, 10, 20].map((at) => sha256(bytes.subarray(at, at + 10)));
  const expected = sha256(...blocks).toString("hex");
  const pieces = (...ends: number[]) => ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
  for (
    const chunks of [
      pieces(23),
      pieces(4, 4, 10, 19, 23),
      pieces(21, 23),
      [...bytes].map((b) => Uint8Array.of(b)),
    ]
  ) {
    equal(await blockDigest(chunks, 23, 10), expected);
  }
});

Deno.test("blockDigest() of a last whole block, and of nothing, has no empty block", async () => {
  const two = [bytes.subarray(0, 10), bytes.subarray(10, 20)];
  equal(await blockDigest(two, 20, 10), sha256(...two.map((one) => sha256(one))).toString("hex"));
  equal(await blockDigest([], 0), sha256().toString("hex"));
  equal(await blockDigest([bytes], 23), sha256(sha256(bytes)).toString("hex"));
});
