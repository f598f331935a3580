/** The one listing of a folder of images, for training and for metrics. */

import { extname, join, relative } from "node:path";
import { counted } from "../../../engine/counted.ts";
import { DatasetError } from "../dataset.ts";
import { someOf } from "./some_of.ts";

/** What the images that can be read are, for messages. */
export const IMAGE_KINDS = "PNG, JPEG or WebP";
const IMAGE = /\.(png|jpe?g|jpe|jfif|webp)$/i;
/** Marks a folder of samples, which has grids besides its numbered images. */
const SAMPLE_RECORD = "sample.json";
const SAMPLE = /^\d{6,}\.png$/;

/** A folder, and what of it are images. */
export interface ImageListing {
  /** The folder. */
  readonly folder: string;
  /** Paths of the images in the folder itself, sorted. */
  readonly images: readonly string[];
  /** Its sub-folders by name, sorted, each with the images in it at any depth. */
  readonly sub_folders: readonly SubFolder[];
  /** All else but hidden files, which are ignored. */
  readonly left_out: readonly LeftOut[];
}

/** A sub-folder of the folder that is listed. */
export interface SubFolder {
  /** Its name. */
  readonly name: string;
  /** Paths of the images in it, at any depth, sorted. */
  readonly images: readonly string[];
}

/** Something in the folder that is not taken as an image. */
export interface LeftOut {
  /** Its path. */
  readonly path: string;
  /** What it is, in the plural: ".gif files". */
  readonly kind: string;
}

/**
 * Lists the images of a folder by their names, at any depth, following links and decoding nothing.
 * Names are those of PNG, JPEG and WebP files in upper or lower case; in a folder of samples only the
 * numbered images count. What begins with a dot is ignored; links to nothing, links back to a folder
 * that is listed already and files of other names are left out.
 *
 * @throws {DatasetError} where the folder, or one in it, cannot be listed
 */
export async function listImages(folder: string): Promise<ImageListing> {
  const left_out: LeftOut[] = [];
  const top = await listed(folder, () => entriesOf(folder, left_out));
  const root = await Deno.realPath(folder);
  const sub_folders: SubFolder[] = [];
  for (const name of top.folders) {
    const images: string[] = [];
    // Two links to one folder may be two classes, so that each starts anew.
    const seen = new Set([root]);
    if (await walk(join(folder, name), { images, left_out, seen })) {
      sub_folders.push({ name, images: images.sort() });
    }
  }
  return { folder, images: top.images, sub_folders, left_out };
}

/** Does what lists a folder. @throws {DatasetError} that names it, where the system refuses */
async function listed<T>(at: string, list: () => Promise<T>): Promise<T> {
  try {
    return await list();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const problem = error instanceof Deno.errors.NotFound
      ? "there is no such folder"
      : `${error.message}; make it readable, or move it away`;
    throw new DatasetError(`cannot list the folder of images ${at}: ${problem}`);
  }
}

/** What is left out of a listing, counted by kind and named; null where nothing is. */
export function leftOutText({ folder, left_out }: ImageListing): string | null {
  if (left_out.length === 0) return null;
  const kinds = [...Map.groupBy(left_out, ({ kind }) => kind)].map(([kind, of]) => {
    const names = of.map(({ path }) => relative(folder, path));
    return `${counted(of.length, singular(kind), kind)} (${someOf(names, 3)})`;
  });
  return `left out of ${folder}: ${kinds.join(", ")}`;
}

function singular(kind: string): string {
  return kind.replace(/(file|link|grid)s/, "$1");
}

/** Images found so far, what is left out, and real paths of the folders walked. */
interface Found {
  readonly images: string[];
  readonly left_out: LeftOut[];
  readonly seen: Set<string>;
}

/** Adds what is in a folder. @returns false where it was listed already */
async function walk(at: string, found: Found): Promise<boolean> {
  const real = await listed(at, () => Deno.realPath(at));
  if (found.seen.has(real)) {
    found.left_out.push({ path: at, kind: "links to a folder listed already" });
    return false;
  }
  found.seen.add(real);
  const { images, folders } = await listed(at, () => entriesOf(at, found.left_out));
  for (const path of images) found.images.push(path);
  for (const name of folders) await walk(join(at, name), found);
  return true;
}

/** Paths of the images and names of the folders directly in a folder, sorted. */
async function entriesOf(
  at: string,
  left_out: LeftOut[],
): Promise<{ images: string[]; folders: string[] }> {
  const entries = (await Array.fromAsync(Deno.readDir(at)))
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const holdsSamples = entries.some(({ name }) => name === SAMPLE_RECORD);
  const images: string[] = [];
  const folders: string[] = [];
  const targets = entries.map((entry) => targetOf(at, entry));
  for (const [i, { name }] of entries.entries()) {
    const path = join(at, name);
    const target = targets[i];
    if (target === "folder") folders.push(name);
    else if (target !== "file") left_out.push({ path, kind: target });
    else if (!IMAGE.test(name)) {
      if (name === SAMPLE_RECORD) continue;
      left_out.push({ path, kind: `${extname(name).toLowerCase() || "other"} files` });
    } else if (holdsSamples && !SAMPLE.test(name)) {
      left_out.push({ path, kind: "grids of samples" });
    } else images.push(path);
  }
  return { images, folders };
}

/** What an entry is or links to; else why it is left out. */
function targetOf(
  at: string,
  { name, isFile, isDirectory, isSymlink }: Deno.DirEntry,
): string {
  if (!isSymlink) return kindOf({ isFile, isDirectory });
  try {
    // Thousands of promises would take six times as long.
    return kindOf(Deno.statSync(join(at, name)));
  } catch (error) {
    // A link that goes round has too many levels: an error without a class of its own.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.FilesystemLoop) {
      return "dangling links";
    }
    throw error;
  }
}

function kindOf({ isFile, isDirectory }: Pick<Deno.FileInfo, "isFile" | "isDirectory">): string {
  return isDirectory ? "folder" : isFile ? "file" : "special files";
}
