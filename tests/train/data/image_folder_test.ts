import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { centerCrop } from "../../../train/data/center_crop.ts";
import type { DatasetProgress } from "../../../train/data/dataset.ts";
import { imageFolder, imageFolderDataset } from "../../../train/data/image_folder.ts";
import { planar } from "../../../train/data/planar.ts";
import { decodeImage } from "../../../train/formats/image.ts";
import { upright } from "../../../train/formats/images/orientation.ts";

const IMAGES = fileURLToPath(new URL("../../data/images/", import.meta.url));

/** Runs with a folder that has these files (text, or a copy of a file), and removes it. */
async function withFolder(
  files: Record<string, string | URL>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.mkdir(join(path, ".."), { recursive: true });
      if (content instanceof URL) await Deno.copyFile(content, path);
      else await Deno.writeTextFile(path, content);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const IMAGE = new URL("../../data/images/formats/rgb.png", import.meta.url);
const refuses = (path: string, message: RegExp) =>
  assert.rejects(() => imageFolder({ path, image_size: 8 }), { name: "DatasetError", message });

Deno.test("imageFolder() makes a class of each sub-folder, in the order of names", async () => {
  const seen: DatasetProgress[] = [];
  const data = await imageFolder({
    path: join(IMAGES, "classes"),
    image_size: 16,
    onProgress: (progress) => seen.push(progress),
  });
  assert.deepEqual(data.class_names, ["cat", "ship"]);
  assert.deepEqual(data.labels, Int32Array.of(0, 0, 0, 1, 1));
  assert.deepEqual([data.length, ...data.shape], [5, 3, 16, 16]);
  const names = ["cat/0000", "cat/0001", "cat/0002", "ship/0000", "ship/0001"];
  for (const [i, name] of names.entries()) {
    const path = join(IMAGES, "classes", `${name}.jpg`);
    const square = centerCrop(await decodeImage(Deno.readFileSync(path), path), 16);
    assert.deepEqual(data.images.subarray(i * 768, (i + 1) * 768), square, name);
  }
  assert.deepEqual(seen.map(({ done }) => done), [1, 2, 3, 4, 5]);
  assert.deepEqual(seen[0], { what: "decode", done: 1, total: 5 });
});

Deno.test("imageFolder() takes a folder without sub-folders as one class, of any encoding", async () => {
  const data = await imageFolder({ path: join(IMAGES, "formats"), image_size: 8 });
  assert.deepEqual(data.class_names, ["formats"]);
  assert.equal(data.length, [...Deno.readDirSync(join(IMAGES, "formats"))].length);
  assert.ok(data.labels.every((label) => label === 0));
});

Deno.test("imageFolder() ignores other and hidden files, and decodes by content, not by name", async () => {
  await withFolder({
    "README.md": "about",
    "a/notes.txt": "about a",
    "a/.hidden.png": "no image",
    "a/really_a_png.JPG": IMAGE,
    ".git/x": "",
  }, async (path) => {
    const data = await imageFolder({ path, image_size: 8 });
    assert.deepEqual([data.length, data.class_names], [1, ["a"]]);
  });
});

Deno.test("imageFolder() takes WebP files, and turns photos upright, with a line of how many", async () => {
  const folder = join(IMAGES, "orientations");
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  const data = await imageFolder({ path: folder, image_size: 8, onNote });
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  assert.equal(data.length, names.length);
  for (const [i, name] of names.entries()) {
    const stored = await decodeImage(await Deno.readFile(join(folder, name)), name);
    const expected = centerCrop(upright(stored, stored.orientation), 8);
    assert.deepEqual(data.images.subarray(i * 192, (i + 1) * 192), expected, name);
  }
  assert.deepEqual(notes, ["9 images turned upright, as the EXIF orientation says"]);
});

Deno.test("imageFolder() drops transparency, or puts it over a background", async () => {
  await withFolder({ "a.png": new URL("rgba.png", IMAGE) }, async (path) => {
    const bytes = await Deno.readFile(join(path, "a.png"));
    const dropped = await imageFolder({ path, image_size: 32 });
    assert.deepEqual(dropped.images, planar(await decodeImage(bytes, "a.png")));
    const white = await imageFolder({ path, image_size: 32, background: "white" });
    const background = [255, 255, 255] as const;
    assert.deepEqual(white.images, planar(await decodeImage(bytes, "a.png", { background })));
    assert.notDeepEqual(white.images, dropped.images);
  });
});

Deno.test("imageFolder() names all files that cannot be decoded at once", async () => {
  const broken = Object.fromEntries(
    Array.from({ length: 22 }, (_, i) => [`b/${i}.png`, "no image at all"]),
  );
  await withFolder({ "a/bad.png": "none", "a/good.png": IMAGE, ...broken }, (path) => {
    const lines = "[^\\n]* is neither a PNG, a JPEG nor a WebP image\\n";
    return refuses(
      path,
      new RegExp(
        `^23 of 24 images in ${path} cannot be decoded; remove them, or leave them out with ` +
          `skip_broken=true:\\n${path}/a/bad.png(${lines}){20}and 3 more$`,
      ),
    );
  });
});

Deno.test("imageFolder() leaves out what is broken with skip_broken, the rest in its order", async () => {
  const other = new URL("../../data/images/formats/grey.png", import.meta.url);
  await withFolder({
    "a/1.png": "broken",
    "a/2.png": IMAGE,
    "b/1.png": other,
    "b/2.png": "broken",
    "b/3.png": IMAGE,
  }, async (path) => {
    const notes: string[] = [];
    const read = (onNote?: (note: string) => void) =>
      imageFolder({ path, image_size: 8, skip_broken: true, onNote });
    const source = await read((note) => notes.push(note));
    assert.match(notes[0], /^2 of 5 images in .* they are left out:\n.*a.1\.png .*\n.*b.2\.png /);
    assert.deepEqual([source.class_counts, [...source.labels]], [[1, 2], [0, 1, 1]]);
    await Deno.remove(join(path, "a/1.png"));
    await Deno.remove(join(path, "b/2.png"));
    assert.equal(
      await source.digest(),
      await (await imageFolder({ path, image_size: 8 })).digest(),
    );
  });
  await withFolder({ "a/1.png": IMAGE, "b/1.png": "broken" }, async (path) => {
    await assert.rejects(() => imageFolder({ path, image_size: 8, skip_broken: true }), {
      name: "DatasetError",
      message: `${path}: no image of b can be decoded`,
    });
  });
});

Deno.test("imageFolder() refuses other layouts, naming the file or folder in the way", async () => {
  await refuses(join(IMAGES, "nowhere"), /cannot list the folder of images .*nowhere/);
  await withFolder({}, (path) => refuses(path, /has no PNG, JPEG or WebP files/));
  await withFolder(
    { "a/1.png": IMAGE, "b/notes.txt": "" },
    (path) =>
      refuses(
        path,
        /b has no PNG, JPEG or WebP files \(only notes\.txt\): every sub-folder is a class/,
      ),
  );
  await withFolder(
    { "a/1.png": IMAGE, "2.png": IMAGE },
    (path) => refuses(path, /has 1 image \(2\.png\) beside class folders \(a\)/),
  );
});

Deno.test("imageFolder() with captions takes the images that have some, where any has", async () => {
  const files = { "a.png": IMAGE, "b.png": IMAGE, "c.png": IMAGE };
  const texts = { "a.txt": "one\ntwo", "b.txt": "three" };
  const request = { image_size: 8, captions: true } as const;
  await withFolder({ ...files, ...texts }, async (path) => {
    const notes: string[] = [];
    const data = await imageFolder({ path, ...request, onNote: (note) => notes.push(note) });
    assert.deepEqual([data.length, data.class_counts], [2, [2]]);
    assert.deepEqual(data.texts, [["one", "two"], ["three"]]);
    assert.deepEqual(notes, ["left out, as they have no caption: 1 image"]);
    const outline = { path, channels: 3, n: 1, ...request } as const;
    const { captions, class_counts } = await imageFolderDataset.outline(outline);
    assert.deepEqual([captions, class_counts], [{ kind: "texts" }, [2]]);
    const plain = await imageFolderDataset.outline({ ...outline, captions: false });
    assert.deepEqual([plain.captions, plain.class_counts], [undefined, [3]]);
  });
});
