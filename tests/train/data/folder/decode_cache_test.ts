import {
  deepStrictEqual as deepEqual,
  match,
  notDeepStrictEqual as notDeepEqual,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { imageFolder } from "../../../../train/data/image_folder.ts";
import { encodePng } from "../../../../train/formats/image.ts";
import { makeFolder } from "./make_folder.ts";

/** A PNG of one colour; all are of one size in bytes. */
function png(value: number): Uint8Array {
  return encodePng(new Uint8Array(3 * 8 * 8).fill(value), 8, 8);
}

const TIME = new Date("2026-01-02T03:04:05.678Z");

/** Two classes of two images, and a folder for their cache. */
async function cachedFolder() {
  const folder = await makeFolder({
    "a/1.png": png(10),
    "a/2.png": png(20),
    "b/1.png": png(30),
    "b/2.png": png(40),
  });
  const cache = await makeFolder({});
  const put = async (name: string, bytes: Uint8Array, time = TIME) => {
    await Deno.writeFile(join(folder.path, name), bytes);
    await Deno.utime(join(folder.path, name), time, time);
  };
  return {
    path: folder.path,
    file: join(cache.path, "cache", "images"),
    put,
    /** The first byte of each image, and how many were decoded. */
    async read(options: { image_size?: number; skip_broken?: boolean; isOff?: boolean } = {}) {
      const { image_size = 4, skip_broken = false, isOff = false } = options;
      const counts: number[] = [];
      const notes: string[] = [];
      const { images, labels } = await imageFolder({
        path: folder.path,
        image_size,
        skip_broken,
        cache_folder: isOff ? null : join(cache.path, "cache"),
        onProgress: ({ done }) => counts.push(done),
        onNote: (note) => notes.push(note),
      });
      const size = 3 * image_size ** 2;
      return {
        values: Array.from(labels, (_, i) => images[i * size]),
        decoded: counts.length,
        notes,
      };
    },
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
    },
  };
}

Deno.test("decoded images are kept, and only what is new or changed is decoded", async () => {
  await using data = await cachedFolder();
  const { read, put } = data;
  await put("b/1.png", png(30));
  deepEqual(await read(), { values: [10, 20, 30, 40], decoded: 4, notes: [] });
  deepEqual(await read(), { values: [10, 20, 30, 40], decoded: 0, notes: [] });
  // Of the same size and time, so that it is taken for unchanged: the cache is what is read.
  await put("b/1.png", png(99));
  deepEqual(await read(), { values: [10, 20, 30, 40], decoded: 0, notes: [] });
  deepEqual((await read({ isOff: true })).values, [10, 20, 99, 40]);

  await put("b/1.png", png(99), new Date(TIME.getTime() + 2));
  deepEqual(await read(), { values: [10, 20, 99, 40], decoded: 1, notes: [] });
  await put("a/3.png", png(25));
  deepEqual(await read(), { values: [10, 20, 25, 99, 40], decoded: 1, notes: [] });
  await Deno.remove(join(data.path, "a/1.png"));
  deepEqual(await read(), { values: [20, 25, 99, 40], decoded: 0, notes: [] });
  // Another size is another cache, in the place of the first.
  equal((await read({ image_size: 2 })).decoded, 4);
  equal((await read({ image_size: 2 })).decoded, 0);
  equal((await read()).decoded, 4);
});

Deno.test("files of one size and time that change places are decoded anew", {
  // There files have no numbers.
  ignore: Deno.build.os === "windows",
}, async () => {
  await using data = await cachedFolder();
  for (const [name, value] of [["a/1.png", 10], ["b/1.png", 30]] as const) {
    await data.put(name, png(value));
  }
  await data.read();
  const swap = [["a", "c"], ["b", "a"], ["c", "b"]];
  for (const [from, to] of swap) await Deno.rename(join(data.path, from), join(data.path, to));
  deepEqual(await data.read(), { values: [30, 40, 10, 20], decoded: 4, notes: [] });
});

Deno.test("a cache that is damaged or cut short is decoded again, and mended", async () => {
  await using data = await cachedFolder();
  const whole = { values: [10, 20, 30, 40], decoded: 4, notes: [] };
  deepEqual(await data.read(), whole);
  const good = await Deno.readFile(data.file);
  const damages: ((bytes: Uint8Array) => Uint8Array)[] = [
    (bytes) => bytes.fill(77, bytes.length - 1),
    (bytes) => bytes.fill(77, 30, 31),
    (bytes) => bytes.subarray(0, bytes.length - 1),
    (bytes) => bytes.subarray(0, 5),
    () => new TextEncoder().encode("something else"),
  ];
  for (const damage of damages) {
    await Deno.writeFile(data.file, damage(good.slice()));
    deepEqual(await data.read(), whole);
    deepEqual(await Deno.readFile(data.file), good);
  }
});

Deno.test("broken images are not kept, while those beside them are", async () => {
  await using data = await cachedFolder();
  await data.put("a/2.png", new TextEncoder().encode("broken"));
  await rejects(data.read(), { message: /1 of 4 images/ });
  const skipped = await data.read({ skip_broken: true });
  deepEqual([skipped.values, skipped.decoded], [[10, 30, 40], 1]);
  await data.put("a/2.png", png(20));
  deepEqual(await data.read(), { values: [10, 20, 30, 40], decoded: 1, notes: [] });
});

Deno.test("a cache that cannot be written is said, and images are decoded all the same", async () => {
  await using data = await cachedFolder();
  await Deno.writeTextFile(join(data.file, "..", "..", "cache"), "a file");
  const { values, notes } = await data.read();
  deepEqual(values, [10, 20, 30, 40]);
  equal(notes.length, 1);
  match(notes[0], /^.*images: cannot be written \(.*\); the next start decodes the images again$/);
});

Deno.test("images of a damaged cache are not taken for those that are broken now", async () => {
  await using data = await cachedFolder();
  await data.read();
  const bytes = await Deno.readFile(data.file);
  await Deno.writeFile(data.file, bytes.fill(77, bytes.length - 1));
  await data.put("a/1.png", new TextEncoder().encode("broken"));
  const { values } = await data.read({ skip_broken: true });
  deepEqual(values, [20, 30, 40]);
  notDeepEqual(await Deno.readFile(data.file), bytes);
});
