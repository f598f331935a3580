import { deepStrictEqual as deepEqual, rejects, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { captionedFolder } from "../../../../train/data/captions/captioned_images.ts";
import { cocoCaptions } from "../../../../train/data/captions/coco_annotations.ts";
import { temporaryFolder } from "../features/made_features.ts";

/** Writes files, by name; images are empty, as nothing is decoded. */
async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(join(folder, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text);
  }
}

Deno.test("captionedFolder() reads a text file beside each image, a caption a line", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await write(path, { "a.png": "", "b.png": "", "more/c.jpg": "" });
  equal(await captionedFolder(path), null);
  await write(path, { "a.txt": "a dog\n\n  a brown dog \r\n", "more/c.txt": "ein Haus" });
  deepEqual(await captionedFolder(path), {
    paths: [join(path, "a.png"), join(path, "more/c.jpg")],
    captions: [["a dog", "a brown dog"], ["ein Haus"]],
    notes: ["left out, as they have no caption: 1 image"],
  });
});

Deno.test("captionedFolder() reads metadata.jsonl, and refuses lines and names that do not fit", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const entry = (file_name: string, text: unknown) => JSON.stringify({ file_name, text, other: 1 });
  await write(path, {
    "a.png": "",
    "sub/b.png": "",
    "a.txt": "not read",
    "metadata.jsonl": [entry("sub/b.png", ["one", "two"]), "", entry("a.png", "first")].join("\n"),
  });
  const read = await captionedFolder(path);
  deepEqual([read?.paths.length, read?.captions], [2, [["first"], ["one", "two"]]]);
  await write(path, { "metadata.jsonl": `${entry("a.png", "first")}\n{"file_name": "a.png"}\n` });
  await rejects(captionedFolder(path), {
    name: "DatasetError",
    message: /metadata\.jsonl, line 2: expected an object like {"file_name": "1\.png", "text": /,
  });
  await write(path, { "metadata.jsonl": entry("none.png", "a") });
  await rejects(captionedFolder(path), { message: /names .*none\.png, which is no image there$/ });
});

Deno.test("cocoCaptions() gives images in the order of their ids, with all captions of each", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const file = join(path, "captions.json");
  const annotations = {
    info: {},
    images: [
      { id: 9, file_name: "9.jpg", height: 4 },
      { id: 3, file_name: "3.jpg" },
      { id: 5, file_name: "5.jpg" },
    ],
    annotations: [
      { id: 2, image_id: 9, caption: "nine, again" },
      { id: 1, image_id: 9, caption: "nine\n" },
      { id: 7, image_id: 3, caption: "three" },
    ],
  };
  await write(path, { "9.jpg": "", "3.jpg": "", "captions.json": JSON.stringify(annotations) });
  deepEqual(await cocoCaptions(file, path), {
    paths: [join(path, "3.jpg"), join(path, "9.jpg")],
    captions: [["three"], ["nine", "nine, again"]],
    notes: ["left out, as they have no caption: 1 image"],
  });
  await Deno.remove(join(path, "9.jpg"));
  await rejects(cocoCaptions(file, path), { message: /9\.jpg is missing, which .* names: is it/ });
  await write(path, { "captions.json": '{"images": [{"id": 1}]}' });
  await rejects(cocoCaptions(file, path), {
    name: "DatasetError",
    message: /captions\.json has no captions as MS-COCO's annotations do: images\.0\.file_name: /,
  });
});
