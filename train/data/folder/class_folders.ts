/** The classes of a folder of images: its sub-folders. */

import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { counted } from "../../../engine/counted.ts";
import { DatasetError } from "../dataset.ts";
import { IMAGE_KINDS, type ImageListing, leftOutText, listImages } from "./list_images.ts";
import { someOf } from "./some_of.ts";

/** The images of a folder and their classes. */
export interface ClassFolders {
  /** One name per label, sorted. */
  readonly class_names: readonly string[];
  /** Images of each class, by label. */
  readonly class_counts: readonly number[];
  /** Paths of the images, by class and then by path. */
  readonly paths: readonly string[];
  /** `[n]`, indices into `class_names`. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** Lines that say what is left out, and what may not be as meant. */
  readonly notes: readonly string[];
}

/** Names of the parts of a data set; a folder of nothing else is one that is split into parts. */
const TRAINING_PART = /^train(ing)?$/i;
const PART = /^(train(ing)?|val(id(ation)?)?|dev|test(ing)?|eval)$/i;

/**
 * Lists a folder of images and their classes, decoding nothing. Each sub-folder is a class, in the
 * order of their names, with all images in it at any depth; without images in sub-folders, the
 * folder itself is the only class.
 *
 * @throws {DatasetError} where it cannot be listed, has no images, or has another layout
 */
export async function classFolders(path: string): Promise<ClassFolders> {
  const listing = await listImages(path);
  const left_out = leftOutText(listing);
  const { images, sub_folders } = listing;
  if (sub_folders.every((folder) => folder.images.length === 0)) {
    if (images.length === 0) {
      throw new DatasetError(
        `${path} has no ${IMAGE_KINDS} files${left_out ? ` (${left_out})` : ""}`,
      );
    }
    return classes([{ name: basename(resolve(path)), images }], left_out ? [left_out] : []);
  }
  mustBeClasses(listing);
  return classes(sub_folders, [...left_out ? [left_out] : [], ...adviceOnDepth(listing)]);
}

function classes(
  of: readonly { readonly name: string; readonly images: readonly string[] }[],
  notes: readonly string[],
): ClassFolders {
  return {
    class_names: of.map(({ name }) => name),
    class_counts: of.map(({ images }) => images.length),
    paths: of.flatMap(({ images }) => images),
    labels: Int32Array.from(of.flatMap(({ images }, label) => images.map(() => label))),
    notes,
  };
}

/** @throws {DatasetError} where the sub-folders of a folder are no classes */
function mustBeClasses({ folder, images, sub_folders, left_out }: ImageListing): void {
  const names = sub_folders.map(({ name }) => name);
  const [training] = names.filter((name) => TRAINING_PART.test(name));
  if (names.every((name) => PART.test(name)) && (training !== undefined || names.length > 1)) {
    throw new DatasetError(
      `${folder} is split into parts (${names.join(", ")}), and sub-folders are classes: ` +
        `give one part, path=${join(folder, training ?? names[0])}`,
    );
  }
  if (images.length > 0) {
    throw new DatasetError(
      `${folder} has ${counted(images.length, "image")} (${basename(images[0])}) beside class ` +
        `folders (${
          someOf(names, 3)
        }): give each image a class folder, or keep one class without ` +
        "sub-folders",
    );
  }
  const empty = sub_folders.find((sub) => sub.images.length === 0);
  if (empty) {
    const within = join(folder, empty.name);
    const others = left_out.filter(({ path }) => path.startsWith(`${within}${sep}`));
    throw new DatasetError(
      `${within} has no ${IMAGE_KINDS} files${
        others.length > 0 ? ` (only ${someOf(others.map(({ path }) => basename(path)), 3)})` : ""
      }: every sub-folder is a class, remove it or fill it`,
    );
  }
}

/** A line where the classes seem to be a level deeper than they are looked for. */
function adviceOnDepth({ folder, sub_folders }: ImageListing): string[] {
  if (sub_folders.length !== 1) return [];
  const [{ name, images }] = sub_folders;
  const within = join(folder, name);
  const deeper = new Set(images.map((path) => dirname(relative(within, path)).split(sep)[0]));
  if (deeper.size < 2 || deeper.has(".")) return [];
  return [
    `${folder} has one sub-folder, ${name}, which is the only class; for the ${deeper.size} ` +
    `folders in it as classes give path=${within}`,
  ];
}
