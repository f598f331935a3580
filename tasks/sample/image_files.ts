import { join } from "node:path";
import { planar } from "../../train/data/planar.ts";
import { decodeImage, encodePng } from "../../train/formats/image.ts";

const NUMBERED = /^\d{6,}\.png$/;

/** The file of image `i` of a folder: `000000.png` and so on. */
export function imageFile(folder: string, i: number): string {
  return join(folder, `${String(i).padStart(6, "0")}.png`);
}

/** The numbers below `n` of the images that a folder lacks. */
export async function missingImages(folder: string, n: number): Promise<number[]> {
  const there = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) there.add(join(folder, name));
  return Array.from({ length: n }, (_, i) => i).filter((i) => !there.has(imageFile(folder, i)));
}

/** Whether a folder, which may not exist, has numbered images. */
export async function hasImages(folder: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(folder)) if (NUMBERED.test(name)) return true;
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Removes the numbered images of a folder, and what was made of them. */
export async function removeImages(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const ours = NUMBERED.test(name) || name === "grid.png" || name === "trajectory.png";
    if (ours) await Deno.remove(join(folder, name));
  }
}

/** Whether a folder has a file of that name. */
export async function hasFile(folder: string, name: string): Promise<boolean> {
  for await (const entry of Deno.readDir(folder)) if (entry.name === name) return true;
  return false;
}

/** Writes `[H, W, 3]` bytes as PNG, such that a file of that name is always whole. */
export async function writePng(
  file: string,
  { rgb, width, height }: { rgb: Uint8Array; width: number; height: number },
): Promise<void> {
  await Deno.writeFile(`${file}.tmp`, encodePng(rgb, width, height));
  await Deno.rename(`${file}.tmp`, file);
}

/** The first `n` images of a folder as bytes `[n, 3, H, W]`. @throws {ImageError} */
export async function readImages(
  folder: string,
  { n, image_size }: { n: number; image_size: number },
): Promise<Uint8Array> {
  const size = 3 * image_size * image_size;
  const bytes = new Uint8Array(n * size);
  for (let i = 0; i < n; i++) {
    const file = imageFile(folder, i);
    bytes.set(planar(await decodeImage(await Deno.readFile(file), file)), i * size);
  }
  return bytes;
}

/** One image, `[C, H, W]` bytes with C = 1 or 3, as `[H, W, 3]`. */
export function interleaved(
  bytes: Uint8Array,
  { channels, image_size }: { channels: number; image_size: number },
): { rgb: Uint8Array; width: number; height: number } {
  const pixels = image_size * image_size;
  const rgb = new Uint8Array(3 * pixels);
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < 3; c++) rgb[3 * p + c] = bytes[(c % channels) * pixels + p];
  }
  return { rgb, width: image_size, height: image_size };
}
