import {
  deepStrictEqual as deepEqual,
  match,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { folderImages } from "../../../eval/image_sets/folder_images.ts";
import { datasetImages } from "../../../eval/image_sets/dataset_images.ts";
import { type ImageSet, regrouped } from "../../../eval/image_sets/image_set.ts";
import { decodeImage, encodePng } from "../../../train/formats/image.ts";
import { shapes } from "../../../train/data/shapes.ts";
import { planar } from "../../../train/data/planar.ts";
import { centerCrop } from "../../../train/data/center_crop.ts";
import { drain } from "./drain.ts";

const IMAGES = new URL("../../data/images/", import.meta.url);

/** A PNG file of one colour. */
function png(value: number, width = 8, height = 8): Uint8Array {
  return encodePng(new Uint8Array(3 * width * height).fill(value), width, height);
}

async function withFolder(
  files: Record<string, Uint8Array>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeFile(join(folder, name), bytes);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const firstBytes = (images: Uint8Array[]) => images.map((image) => image[0]);

Deno.test("folderImages() walks into folders, by the order of paths, and ignores others", async () => {
  await withFolder({
    "b.png": png(4),
    "a/2.png": png(2),
    "a/1.PNG": png(1),
    "a/deep/er/x.png": png(3),
    "a/notes.txt": png(9),
    ".hidden.png": png(9),
    ".git/y.png": png(9),
  }, async (folder) => {
    const set = await folderImages(folder, { image_size: null });
    equal(set.n, 4);
    deepEqual(firstBytes(await drain(set)), [1, 2, 3, 4]);
    // Links that go round end.
    await Deno.symlink(folder, join(folder, "a", "round"));
    equal((await folderImages(folder, { image_size: null })).n, 4);
  });
});

Deno.test("folderImages() of samples are the numbered images, not the grids of them", async () => {
  await withFolder({
    "000000.png": png(1),
    "000001.png": png(2),
    "grid.png": png(9, 16),
    "sample.json": new Uint8Array(),
  }, async (folder) => {
    deepEqual(firstBytes(await drain(await folderImages(folder, { image_size: null }))), [1, 2]);
  });
});

Deno.test("folderImages() decodes grey, palette, RGBA and progressive files alike", async () => {
  const folder = new URL("formats/", IMAGES).pathname;
  const set = await folderImages(folder, { image_size: 16 });
  const images = await drain(set);
  equal(images.length, [...Deno.readDirSync(folder)].length);
  equal(images.every((image) => image.length === 3 * 16 * 16), true);
});

Deno.test("folderImages() takes photos as stored, as pytorch-fid does, and says so once", async () => {
  const folder = new URL("orientations/", IMAGES);
  const names = ["2.png", "3.png", "6.png"];
  const files = names.map((name) => [name, Deno.readFileSync(new URL(name, folder))] as const);
  await withFolder({ ...Object.fromEntries(files), "upright.png": png(1, 20, 12) }, async (at) => {
    const notes: string[] = [];
    const set = await folderImages(at, { image_size: null, onNote: (note) => notes.push(note) });
    const images = await drain(set);
    deepEqual(await drain(set), images);
    for (const [i, [name, bytes]] of files.entries()) {
      deepEqual(images[i], planar(await decodeImage(bytes, name)), name);
    }
    deepEqual(notes, [
      `3 images of ${at} taken as stored, not turned as the EXIF orientation says (like pytorch-fid)`,
    ]);
  });
});

Deno.test("folderImages() refuses images of two sizes, naming both, and crops them with image_size", async () => {
  await withFolder({ "a.png": png(1, 8, 8), "b.png": png(2, 12, 10) }, async (folder) => {
    const set = await folderImages(folder, { image_size: null });
    await rejects(drain(set), {
      name: "ImageError",
      message: /b\.png has 12 x 10 pixels and .*a\.png 8 x 8: .* image_size=8/,
    });
    const cropped = await drain(await folderImages(folder, { image_size: 8 }));
    const rgb = new Uint8Array(3 * 12 * 10).fill(2);
    deepEqual(cropped[1], centerCrop({ rgb, width: 12, height: 10 }, 8));
  });
});

Deno.test("folderImages() names all broken files at once, and leaves them out only with skip_broken", async () => {
  const whole = png(1);
  await withFolder({
    "a.png": png(1),
    "b/cut.png": whole.slice(0, whole.length - 20),
    "b/whole.png": png(2),
    "text.png": new TextEncoder().encode("no image"),
    "other.gif": new Uint8Array(9),
  }, async (folder) => {
    const broken = /2 of 4 images in .* cannot be decoded; [^\n]*\n.*cut\.png .*\n.*text\.png /;
    await rejects(drain(await folderImages(folder, { image_size: null })), {
      name: "ImageError",
      message: broken,
    });
    const notes: string[] = [];
    const set = await folderImages(folder, {
      image_size: null,
      skip_broken: true,
      onNote: (note) => notes.push(note),
    });
    deepEqual(firstBytes(await drain(set)), [1, 2]);
    deepEqual(notes[0], `left out of ${folder}: 1 .gif file (other.gif)`);
    match(notes[1], broken);
    equal(notes.length, 2);
  });
});

Deno.test("folderImages() refuses a folder without images, or none", async () => {
  await withFolder({ "notes.txt": new Uint8Array() }, async (folder) => {
    const refused = { name: "DatasetError", message: /has no PNG, JPEG or WebP files/ };
    await rejects(folderImages(folder, { image_size: null }), refused);
    await rejects(folderImages(join(folder, "nowhere"), { image_size: null }), {
      name: "DatasetError",
      message: /cannot list .*nowhere/,
    });
  });
});

Deno.test("folderImages() of a data set's images are the data set's, byte for byte", async () => {
  const dataset = shapes({ image_size: 8, n: 20, seed: 3 });
  const files = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => {
      const planes = dataset.images.subarray(i * 192, (i + 1) * 192);
      const rgb = Uint8Array.from(planes, (_, at) => planes[at % 3 * 64 + Math.floor(at / 3)]);
      return [`${String(i).padStart(3, "0")}.png`, encodePng(rgb, 8, 8)];
    }),
  );
  await withFolder(files, async (folder) => {
    const batches = async (set: ImageSet) => await Array.fromAsync(regrouped(set.batches(), 8));
    deepEqual(
      await batches(await folderImages(folder, { image_size: null })),
      await batches(datasetImages(dataset)),
    );
  });
});
