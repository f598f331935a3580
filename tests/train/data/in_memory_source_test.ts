import assert from "node:assert/strict";
import { blockDigest } from "../../../train/data/block_digest.ts";
import { type InMemoryImages, inMemorySource } from "../../../train/data/in_memory_source.ts";

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

Deno.test("inMemorySource().class_digests() are the digest of each class's images", async () => {
  const image = (i: number) => images.subarray(6 * i, 6 * (i + 1));
  const source = inMemorySource(contents);
  assert.deepEqual(
    await source.class_digests(),
    await Promise.all([
      blockDigest([image(1), image(3)], 12),
      blockDigest([], 0),
      blockDigest([image(0), image(2)], 12),
    ]),
  );
  assert.equal(source.class_digests(), source.class_digests(), "computed once");
});

Deno.test("inMemorySource().digest() changes with images, labels and their order", async () => {
  const digest = (changes: Partial<InMemoryImages>) =>
    inMemorySource({ ...contents, ...changes }).digest();
  const expected = await digest({});
  assert.match(expected, /^[0-9a-f]{64}$/);
  assert.equal(await digest({ images: images.slice(), class_names: ["x", "y", "z"] }), expected);
  const swapped = Uint8Array.from([...images.subarray(6, 12), ...images.subarray(0, 6)]);
  const others = await Promise.all([
    digest({ images: images.with(23, 0) }),
    digest({ labels: Int32Array.of(2, 0, 2, 1) }),
    digest({ images: Uint8Array.from([...images.subarray(12), ...images.subarray(0, 12)]) }),
    // The same images of each class, which alternate otherwise.
    digest({
      images: Uint8Array.from([...swapped, ...images.subarray(12)]),
      labels: Int32Array.of(0, 2, 2, 0),
    }),
  ]);
  assert.equal(new Set([expected, ...others]).size, 5);
});

Deno.test("inMemorySource() with texts reads one of each image's, by the number drawn", async () => {
  const texts = [["a", "b"], ["c"], ["d", "e", "f", "groß und blau"], ["g"]];
  const source = inMemorySource({ ...contents, texts });
  assert.ok(source.captions?.kind === "texts");
  const { captions } = source;
  assert.deepEqual([captions.counts, captions.longest], [[2, 1, 4, 1], 3]);
  const draws = [0, 2 ** 32 - 1, 2 ** 31, 7, 2 ** 32 - 1];
  assert.deepEqual(await captions.read([0, 0, 2, 1, 2], draws), [
    "a",
    "b",
    "f",
    "c",
    "groß und blau",
  ]);
  assert.equal(inMemorySource(contents).captions, undefined);
  const digests = [contents, { ...contents, texts }, { ...contents, texts: texts.with(1, ["x"]) }]
    .map((of) => inMemorySource(of).digest());
  assert.equal(new Set(await Promise.all(digests)).size, 3);
});
