import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { join, relative } from "node:path";
import { folderImages } from "../../../../eval/image_sets/folder_images.ts";
import { classFolders } from "../../../../train/data/folder/class_folders.ts";
import { makeFolder } from "./make_folder.ts";

/** A file that nothing opens. */
const FILE = new Uint8Array();

Deno.test("classFolders() takes images at any depth, of any case, behind links, for their class", async () => {
  await using folder = await makeFolder({
    "b/x.PNG": FILE,
    "b/deep/er/y.jfif": FILE,
    "b/deep/a.JPEG": FILE,
    "a/x.jpe": FILE,
    "a/link.png": { link: "../b/x.PNG" },
    "c": { link: "b" },
    ".git/x.png": FILE,
    "a/.x.png": FILE,
  });
  const { class_names, class_counts, paths, labels, notes } = await classFolders(folder.path);
  deepEqual(class_names, ["a", "b", "c"]);
  deepEqual(class_counts, [2, 3, 3]);
  deepEqual(paths.map((path) => relative(folder.path, path)), [
    "a/link.png",
    "a/x.jpe",
    "b/deep/a.JPEG",
    "b/deep/er/y.jfif",
    "b/x.PNG",
    "c/deep/a.JPEG",
    "c/deep/er/y.jfif",
    "c/x.PNG",
  ]);
  deepEqual([...labels], [0, 0, 1, 1, 1, 2, 2, 2]);
  deepEqual(notes, []);
});

Deno.test("classFolders() counts and names what it leaves out, which stops nothing, as fid does", async () => {
  await using folder = await makeFolder({
    "README.md": FILE,
    "list": FILE,
    "a/1.png": FILE,
    "a/2.gif": FILE,
    "a/3.GIF": FILE,
    "a/b/4.gif": FILE,
    "a/b/5.gif": FILE,
    "a/round": { link: ".." },
    "a/gone.png": { link: "nowhere.png" },
    "a/loop.png": { link: "loop.png" },
    "d/000000.png": FILE,
    "d/grid.png": FILE,
    "d/sample.json": FILE,
    "up": { link: "." },
  });
  const { class_names, class_counts, notes } = await classFolders(folder.path);
  deepEqual([class_names, class_counts], [["a", "d"], [1, 1]]);
  const left_out = `left out of ${folder.path}: 1 .md file (README.md), 1 other file (list), ` +
    "4 .gif files (a/2.gif, a/3.GIF, a/b/4.gif and 1 more), " +
    "2 dangling links (a/gone.png, a/loop.png), " +
    "2 links to a folder listed already (a/round, up), 1 grid of samples (d/grid.png)";
  deepEqual(notes, [left_out]);
  const said: string[] = [];
  const { n } = await folderImages(folder.path, {
    image_size: null,
    onNote: (note) => said.push(note),
  });
  deepEqual([n, said], [2, [left_out]]);
});

Deno.test("classFolders() says which part of a data set that is split to give", async () => {
  for (const parts of [["train", "val"], ["Training", "validation", "test"], ["train"]]) {
    await using folder = await makeFolder(
      Object.fromEntries(parts.map((part) => [`${part}/cat/1.png`, FILE])),
    );
    await rejects(classFolders(folder.path), {
      name: "DatasetError",
      message: `${folder.path} is split into parts (${parts.toSorted().join(", ")}), and ` +
        `sub-folders are classes: give one part, path=${join(folder.path, parts[0])}`,
    });
  }
  await using classes = await makeFolder({ "train/1.png": FILE, "bus/1.png": FILE });
  deepEqual((await classFolders(classes.path)).class_names, ["bus", "train"]);
});

Deno.test("classFolders() says where classes seem to be a level deeper", async () => {
  await using folder = await makeFolder({ "all/cat/1.png": FILE, "all/dog/1.png": FILE });
  const { class_names, notes } = await classFolders(folder.path);
  deepEqual(class_names, ["all"]);
  deepEqual(notes, [
    `${folder.path} has one sub-folder, all, which is the only class; for the 2 folders in it as ` +
    `classes give path=${join(folder.path, "all")}`,
  ]);
});

Deno.test("classFolders() takes images beside folders without any as one class", async () => {
  await using folder = await makeFolder({ "1.png": FILE, "about/notes.txt": FILE });
  const { class_counts, notes } = await classFolders(folder.path);
  deepEqual(class_counts, [1]);
  deepEqual(notes, [`left out of ${folder.path}: 1 .txt file (about/notes.txt)`]);
});
