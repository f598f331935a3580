import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { openFeatures } from "../../../../train/data/features/open_features.ts";
import { encodeNpy, encodeNpyObjects } from "../../../../train/formats/npy.ts";
import { writeReferenceFeatures } from "../../../../train/data/features/write_reference.ts";
import { makeCaptioned, makeFeatures, momentsOf, temporaryFolder } from "./made_features.ts";

const moments = (i: number) => ({ dtype: "F32" as const, shape: [8, 8, 8], data: momentsOf(i) });
const context = (value: number) => ({
  dtype: "F32" as const,
  shape: [2, 3],
  data: new Float32Array(6).fill(value),
});

Deno.test("openFeatures() reads U-ViT's files of moments and label", async () => {
  await using folder = await temporaryFolder();
  for (let i = 0; i < 7; i++) {
    const file = join(folder.path, `${i}.npy`);
    await Deno.writeFile(file, encodeNpyObjects([moments(i), i === 6 ? 3 : i % 2]));
  }
  using source = await openFeatures(folder.path);
  deepEqual(
    [source.length, source.shape, source.class_names, source.class_counts],
    [7, [4, 8, 8], ["0", "1", "2", "3"], [3, 3, 0, 1]],
  );
  deepEqual(source.latents, { scale_factor: null, autoencoder: null });
  const { data, labels } = await source.read([5, 6, 0]);
  deepEqual([...labels], [1, 3, 0]);
  deepEqual(data, Float32Array.from([5, 6, 0].flatMap((i) => [...momentsOf(i)])));

  const digest = await source.digest();
  await Deno.writeFile(join(folder.path, "5.npy"), encodeNpyObjects([moments(55), 1]));
  await rejects(source.read([5]), {
    name: "DatasetError",
    message: /5\.npy was changed since the folder was opened$/,
  });
  using other = await openFeatures(folder.path);
  deepEqual(await other.digest() === digest, false);
});

Deno.test("openFeatures() reads U-ViT's files of moments and of captions, one drawn of each image", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "train");
  await Deno.mkdir(path);
  await Deno.writeFile(join(folder.path, "empty_context.npy"), encodeNpy(context(-1)));
  for (const [i, captions] of [2, 1, 3].entries()) {
    await Deno.writeFile(join(path, `${i}.npy`), encodeNpy(moments(i)));
    for (let k = 0; k < captions; k++) {
      await Deno.writeFile(join(path, `${i}_${k}.npy`), encodeNpy(context(10 * i + k)));
    }
  }
  using source = await openFeatures(path);
  deepEqual([source.length, source.class_counts], [3, [3]]);
  const { captions } = source;
  deepEqual(captions!.shape, [2, 3]);
  const contexts = await captions!.read([0, 0, 1, 2], [0, 2 ** 31, 2 ** 32 - 1, 2 ** 32 - 1]);
  deepEqual([...contexts].filter((_, i) => i % 6 === 0), [0, 1, 10, 22]);
  deepEqual([...await captions!.empty()], new Array(6).fill(-1));

  await Deno.remove(join(path, "2_1.npy"));
  await rejects(openFeatures(path), {
    name: "DatasetError",
    message: /train: the captions of image 2 are not there, or not all; copy it again$/,
  });
});

Deno.test("writeReferenceFeatures() writes files that are read as the same features", async () => {
  await using folder = await temporaryFolder();
  const path = (name: string) => join(folder.path, name);
  await makeFeatures(path("labelled"), 6);
  await makeCaptioned(path("captioned"), 3);
  for (const name of ["labelled", "captioned"]) {
    using source = await openFeatures(path(name));
    await writeReferenceFeatures(source, path(`${name}_npy`));
    using written = await openFeatures(path(`${name}_npy`));
    const all = Array.from({ length: source.length }, (_, i) => i);
    deepEqual(await written.read(all), await source.read(all));
    deepEqual(await written.class_digests(), await source.class_digests());
    const draws = all.map(() => 5);
    deepEqual(
      await written.captions?.read(all, draws),
      await source.captions?.read(all, draws),
    );
    deepEqual(await written.captions?.empty(), await source.captions?.empty());
    await rejects(writeReferenceFeatures(source, path(`${name}_npy`)), {
      message: /_npy exists: name another folder$/,
    });
  }
});

Deno.test("openFeatures() names what is missing from U-ViT's files, torn or no features", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const write = (name: string, bytes: Uint8Array) => Deno.writeFile(join(path, name), bytes);
  const refuses = async (message: RegExp) =>
    await rejects(openFeatures(path), { name: "DatasetError", message });
  await write("0.npy", encodeNpyObjects([moments(0), 0]));
  await write("2.npy", encodeNpyObjects([moments(2), 0]));
  await refuses(/has features of 2 images, numbered up to 2: 1 are missing; copy it again$/);
  await write("1.npy", encodeNpyObjects([moments(1), 0]).subarray(0, 900));
  await refuses(/1\.npy is not a valid \.npy file: /);
  await write("1.npy", encodeNpyObjects([1, moments(1)]));
  await refuses(/1\.npy does not hold an image's moments and label$/);
  await write("1.npy", encodeNpy({ dtype: "F32", shape: [8, 64], data: momentsOf(1) }));
  await refuses(/1\.npy holds \[8, 64\], and moments are means and log variances, \[2 C, h, w\]$/);
  await write("1.npy", encodeNpy({ dtype: "F32", shape: [2, 16, 16], data: momentsOf(1) }));
  await refuses(/1\.npy holds \[2,16,16\], and the first file \[8,8,8\]$/);
  await rejects(openFeatures(join(path, "none")), { message: /none: there is no such folder$/ });
});
