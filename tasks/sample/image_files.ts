import { counted } from "../../engine/counted.ts";
import { join } from "node:path";
import { UsageError } from "../../train/config/usage_error.ts";
import { planar } from "../../train/data/planar.ts";
import { decodeImage, encodePng } from "../../train/formats/image.ts";
import { LATENTS, removeLatents } from "./latent_files.ts";

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

/** Whether a folder, which may not exist, has numbered images, or latents of them. */
export async function hasImages(folder: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (NUMBERED.test(name) || name === LATENTS) return true;
    }
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
    if (name === LATENTS) await removeLatents(folder);
  }
}

/** Whether a folder has a file of that name. */
export async function hasFile(folder: string, name: string): Promise<boolean> {
  for await (const entry of Deno.readDir(folder)) if (entry.name === name) return true;
  return false;
}

/** An image as PNG stores it. */
export interface PngImage {
  /** `[height, width, channels]`, 0 to 255. */
  readonly pixels: Uint8Array;
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
}

/**
 * The channels of images as those of PNG files.
 *
 * @throws {UsageError} where they are neither grey nor RGB
 */
export function pngChannels(channels: number): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw new UsageError(
    `--checkpoint: its images have ${
      counted(channels, "channel")
    }, and images are written with 1 (grey) or 3 (RGB)`,
  );
}

/** Writes an image as PNG, such that a file of that name is always whole. */
export async function writePng(
  file: string,
  { pixels, width, height, channels }: PngImage,
): Promise<void> {
  await Deno.writeFile(`${file}.tmp`, encodePng(pixels, width, height, channels));
  await Deno.rename(`${file}.tmp`, file);
}

/** The first `n` images of a folder as bytes `[n, channels, H, W]`. @throws {ImageError} */
export async function readImages(
  folder: string,
  { n, channels, image_size }: { n: number; channels: number; image_size: number },
): Promise<Uint8Array> {
  const size = channels * image_size * image_size;
  const bytes = new Uint8Array(n * size);
  for (let i = 0; i < n; i++) {
    const file = imageFile(folder, i);
    // Of a grey image all three planes are the same.
    const planes = planar(await decodeImage(await Deno.readFile(file), file));
    bytes.set(planes.subarray(0, size), i * size);
  }
  return bytes;
}

/** One image, `[C, H, W]` bytes with C = 1 or 3, as `[H, W, C]`. */
export function interleaved(
  bytes: Uint8Array,
  { channels, image_size }: { channels: 1 | 3; image_size: number },
): PngImage {
  const plane = image_size * image_size;
  const pixels = new Uint8Array(channels * plane);
  for (let p = 0; p < plane; p++) {
    for (let c = 0; c < channels; c++) pixels[channels * p + c] = bytes[c * plane + p];
  }
  return { pixels, width: image_size, height: image_size, channels };
}
