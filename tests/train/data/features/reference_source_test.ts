import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { REFERENCE_INDEX_FILE } from "../../../../train/data/features/reference_index.ts";
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
    message: /5\.npy was changed since its label was read; start again: all are read anew$/,
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
    // Ours are in f16, U-ViT's in f32.
    if (source.captions?.kind === "contexts" && written.captions?.kind === "contexts") {
      const contexts = await source.captions.read(all, draws);
      deepEqual(await written.captions.read(all, draws), Float32Array.from(contexts));
      const empty = await source.captions.empty();
      deepEqual(await written.captions.empty(), Float32Array.from(empty));
    }
    deepEqual(await written.captions?.prompts?.(2), await source.captions?.prompts?.(2));
    await rejects(writeReferenceFeatures(source, path(`${name}_npy`)), {
      message: /_npy exists: name another folder$/,
    });
  }
});

Deno.test("openFeatures() reads U-ViT's files for their labels once, and again where they have changed", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const write = (i: number, label: number) =>
    Deno.writeFile(join(path, `${i}.npy`), encodeNpyObjects([moments(i), label]));
  for (let i = 0; i < 5; i++) await write(i, i % 3);
  /** Opens the folder. @returns how many files were read for that, with its classes and digest */
  const opened = async () => {
    let read = 0;
    using source = await openFeatures(path, () => read++);
    const { labels } = await source.read([0, 1, 2]);
    return { read, rest: [source.shape, source.class_counts, await source.digest(), labels] };
  };
  const first = await opened();
  deepEqual([first.read, first.rest[1]], [5, [2, 2, 1]]);
  deepEqual(await opened(), { ...first, read: 0 });

  const index = join(path, REFERENCE_INDEX_FILE);
  const bytes = await Deno.readFile(index);
  // After the labels there are five checksums, sizes and times.
  bytes[bytes.length - 5 * (4 + 8 + 8) - 4] ^= 1;
  await Deno.writeFile(index, bytes);
  deepEqual(await opened(), first);
  await Deno.writeTextFile(index, "torn");
  deepEqual(await opened(), first);

  await write(5, 0);
  deepEqual((await opened()).rest[1], [3, 2, 1]);
  await write(4, 0);
  const changed = await opened();
  deepEqual([changed.read, changed.rest[1]], [6, [4, 1, 1]]);

  // A label alone, in a file that looks as it did.
  const file = join(path, "2.npy");
  const { mtime, atime } = await Deno.stat(file);
  await write(2, 1);
  await Deno.utime(file, atime!, mtime!);
  await rejects(opened(), { name: "DatasetError", message: /2\.npy was changed since its label / });
  deepEqual((await opened()).rest[1], [4, 2]);
});

Deno.test("an index of labels in a folder that cannot be written is kept in the user's cache", async () => {
  await using folder = await temporaryFolder();
  const [path, cache] = ["features", "cache"].map((name) => join(folder.path, name));
  await Deno.mkdir(path);
  await Deno.writeFile(join(path, "0.npy"), encodeNpyObjects([moments(0), 0]));
  // A folder in its place, as no file can be written there.
  await Deno.mkdir(join(path, REFERENCE_INDEX_FILE));
  const module = import.meta.resolve("../../../../train/data/features/open_features.ts");
  const program = `
    import { openFeatures } from "${module}";
    let read = 0;
    await openFeatures(Deno.args[0], () => read++);
    console.log(read);`;
  // A process of its own: the cache's place is in the environment.
  const opened = async () => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", program, path],
      env: { XDG_CACHE_HOME: cache },
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  deepEqual([await opened(), await opened()], ["1\n", "0\n"]);
});

Deno.test("features name texts to draw samples of: U-ViT's of run_vis, and of ours the first captions", async () => {
  await using folder = await temporaryFolder();
  const [ours, theirs, run_vis] = ["ours", "theirs", "run_vis"]
    .map((name) => join(folder.path, name));
  await makeCaptioned(ours, 3);
  {
    using source = await openFeatures(ours);
    const first = await source.captions!.read([0, 1], [0, 0]);
    deepEqual(await source.captions!.prompts!(2), {
      texts: ["text 0", "text 1"],
      context: Float32Array.from(first),
    });
    await writeReferenceFeatures(source, theirs);
  }
  const write = (i: number, ...values: Parameters<typeof encodeNpyObjects>[0]) =>
    Deno.writeFile(join(run_vis, `${i}.npy`), encodeNpyObjects(values));
  await write(1, "a blue cross", context(7));
  using source = await openFeatures(theirs);
  const { captions } = source;
  const { texts, context: values } = (await captions!.prompts!(9))!;
  deepEqual([texts, values.slice(6, 12)], [
    ["text 0", "a blue cross", "text 2"],
    new Float32Array(6).fill(7),
  ]);
  await write(1, "a blue cross", moments(0));
  await rejects(captions!.prompts!(2), {
    name: "DatasetError",
    message: /run_vis.1\.npy does not hold a text and its context \[2,3\]$/,
  });
  await Deno.remove(run_vis, { recursive: true });
  deepEqual(await captions!.prompts!(2), null);
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
