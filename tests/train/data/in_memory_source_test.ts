import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { inMemorySource } from "../../../train/data/in_memory_source.ts";

const images = Uint8Array.from({ length: 24 }, (_, i) => i);
const contents = {
  name: "four images",
  shape: [1, 2, 3],
  class_names: ["a", "b", "c"],
  images,
  labels: Int32Array.of(2, 0, 2, 0),
} as const;

Deno.test("inMemorySource() reads copies of images in the order requested", async () => {
  const source = inMemorySource(contents);
  assert.deepEqual([source.length, source.dtype, source.class_counts], [4, "u8", [2, 0, 2]]);
  const { data, labels } = await source.read([3, 0, 3]);
  assert.deepEqual(
    [...data],
    [...images.slice(18), ...images.slice(0, 6), ...images.slice(18)],
  );
  assert.deepEqual(labels, Int32Array.of(0, 2, 0));
  data.fill(99);
  assert.deepEqual((await source.read([3])).data, images.slice(18));
  assert.equal((await source.read([])).data.length, 0);
});

Deno.test("inMemorySource() refuses the number of an image that it does not have", async () => {
  const refused = { name: "RangeError", message: /^four images: no image (4|-1), only 0 to 3$/ };
  await assert.rejects(inMemorySource(contents).read([0, 4]), refused);
  await assert.rejects(inMemorySource(contents).read([-1]), refused);
});

Deno.test("inMemorySource().digest() is the SHA-256 of images and labels", async () => {
  const bytes = [...images, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
  const expected = createHash("sha256").update(Uint8Array.from(bytes)).digest("hex");
  assert.equal(await inMemorySource(contents).digest(), expected);
  const others = inMemorySource({ ...contents, labels: Int32Array.of(2, 0, 2, 1) });
  assert.notEqual(await others.digest(), expected);
});
