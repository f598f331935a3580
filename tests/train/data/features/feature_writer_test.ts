import { deepStrictEqual as deepEqual, rejects, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { dataIdentity } from "../../../../train/data/data_identity.ts";
import { openFeatures } from "../../../../train/data/features/open_features.ts";
import { FeatureWriter } from "../../../../train/data/features/feature_writer.ts";
import { consecutive } from "../../../../train/data/image_source.ts";
import {
  CAPTIONED,
  captionOf,
  featuresOf,
  makeFeatures,
  momentsOf,
  RECIPE,
  temporaryFolder,
} from "./made_features.ts";

/** All that a folder of features holds, and what identifies it. */
async function contentsOf(path: string) {
  using source = await openFeatures(path);
  const { data, labels } = await source.read(consecutive(0, source.length));
  return { data, labels, ...await dataIdentity(source) };
}

Deno.test("FeatureWriter writes moments of both types file by file, and openFeatures() reads them", async () => {
  for (const dtype of ["F32", "F16"] as const) {
    await using folder = await temporaryFolder();
    await makeFeatures(folder.path, 13, { ...RECIPE, dtype });
    const files = [...Deno.readDirSync(folder.path)].map(({ name }) => name).sort();
    const shards = Math.ceil(13 / (dtype === "F32" ? 5 : 10));
    deepEqual(files, [
      "features.json",
      ...Array.from({ length: shards }, (_, i) => `moments_0000${i}.safetensors`),
    ]);
    using source = await openFeatures(folder.path);
    deepEqual(
      [source.length, source.shape, source.dtype, source.class_names, source.class_counts],
      [13, [4, 8, 8], "moments", ["a", "b", "c"], [5, 4, 4]],
    );
    deepEqual(source.latents, { scale_factor: 0.5, autoencoder: "a".repeat(64) });
    const order = [12, 0, 7, 7, 3, 11];
    const { data, labels } = await source.read(order);
    deepEqual([...labels], order.map((i) => i % 3));
    for (const [at, i] of order.entries()) {
      deepEqual(data.subarray(512 * at, 512 * (at + 1)), momentsOf(i), `${dtype} ${i}`);
    }
  }
});

Deno.test("FeatureWriter goes on after a kill where its last whole file ends, to the same features", async () => {
  await using folder = await temporaryFolder();
  const [killed, whole] = ["killed", "whole"].map((name) => join(folder.path, name));
  const writer = await FeatureWriter.open(killed, RECIPE, { shard_bytes: 5 * 2048 });
  for (let i = 0; i < 8; i++) await writer.add(featuresOf(i));
  // What a kill leaves: a file that the index does not name, and one that is half written.
  await Deno.writeTextFile(join(killed, "moments_00001.safetensors"), "other features");
  await Deno.writeTextFile(join(killed, ".saving-moments_00002.safetensors"), "torn");
  await rejects(openFeatures(killed), {
    name: "DatasetError",
    message: /features\.json: the features are not finished, 5 images are done; make them again/,
  });
  const again = await FeatureWriter.open(killed, RECIPE, { shard_bytes: 5 * 2048 });
  deepEqual([again.done, again.isComplete], [5, false]);
  await makeFeatures(killed, 13);
  await makeFeatures(whole, 13);
  deepEqual(await contentsOf(killed), await contentsOf(whole));
  deepEqual(
    Deno.readTextFileSync(join(killed, "features.json")),
    Deno.readTextFileSync(join(whole, "features.json")),
  );
});

Deno.test("FeatureWriter refuses to go on with features made otherwise, and names what differs", async () => {
  await using folder = await temporaryFolder();
  await makeFeatures(folder.path, 2);
  const autoencoder = { ...RECIPE.autoencoder, scale_factor: 0.25 };
  await rejects(FeatureWriter.open(folder.path, { ...RECIPE, dtype: "F16", autoencoder }), {
    name: "DatasetError",
    message:
      /is of other features; choose another folder, or take this back:\n {2}dtype: "F32", now "F16"\n {2}autoencoder: .*0\.5}, now .*0\.25}$/,
  });
});

Deno.test("FeatureWriter stores a caption once, and knows it after a kill", async () => {
  await using folder = await temporaryFolder();
  const open = () => FeatureWriter.open(folder.path, CAPTIONED, { shard_bytes: 2 * 2048 });
  const number = async (writer: FeatureWriter, text: string) =>
    writer.captionNumber(text) ?? await writer.addCaption(captionOf(text));
  const first = await open();
  equal(await number(first, ""), 0);
  for (const [i, texts] of [["a cat", "cat, sitting"], ["ein Hund, groß"]].entries()) {
    const captions = [];
    for (const text of texts) captions.push(await number(first, text));
    await first.add({ moments: momentsOf(i), label: 0, captions });
  }
  equal(first.done, 2);
  const second = await open();
  deepEqual(
    ["", "a cat", "cat, sitting", "ein Hund, groß", "new"].map((t) => second.captionNumber(t)),
    [0, 1, 2, 3, undefined],
  );
  const captions = [await number(second, "a cat"), await number(second, "new")];
  await second.add({ moments: momentsOf(2), label: 0, captions });
  await second.finish();

  using source = await openFeatures(folder.path);
  const { captions: read } = source;
  deepEqual(read!.shape, [2, 3]);
  const draws = [0, 2 ** 31, 2 ** 32 - 1, 2 ** 31 - 1, 2 ** 31];
  const contexts = await read!.read([0, 0, 1, 2, 2], draws);
  const expected = ["a cat", "cat, sitting", "ein Hund, groß", "a cat", "new"]
    .flatMap((text) => [...captionOf(text).context]);
  deepEqual([...contexts], expected);
  deepEqual(await read!.empty(), Float16Array.from(captionOf("").context));
});
