/** Latents that are drawn and not decoded yet: a NumPy file each, beside the images. */

import { join } from "node:path";
import { UserError } from "../../engine/user_error.ts";
import { decodeNpy, encodeNpy } from "../../train/formats/npy.ts";

/** The folder in that of the images. */
export const LATENTS = "latents";

const NUMBERED = /^(\d{6,})\.npy$/;

function latentFile(folder: string, i: number): string {
  return join(folder, LATENTS, `${String(i).padStart(6, "0")}.npy`);
}

/** The numbers of the images whose latents are there. */
export async function drawnLatents(folder: string): Promise<Set<number>> {
  const drawn = new Set<number>();
  try {
    for await (const { name } of Deno.readDir(join(folder, LATENTS))) {
      const match = NUMBERED.exec(name);
      if (match) drawn.add(Number(match[1]));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return drawn;
}

/** Writes the latent of image `i`, `[C, size, size]`, such that a file of that name is always whole. */
export async function writeLatent(
  folder: string,
  i: number,
  data: Float32Array<ArrayBuffer>,
  { channels, size }: { channels: number; size: number },
): Promise<void> {
  await Deno.mkdir(join(folder, LATENTS), { recursive: true });
  const file = latentFile(folder, i);
  const bytes = encodeNpy({ dtype: "F32", shape: [channels, size, size], data });
  await Deno.writeFile(`${file}.tmp`, bytes);
  await Deno.rename(`${file}.tmp`, file);
}

/**
 * Reads the latents of some images, one after another in one array.
 *
 * @param each values of a latent
 * @throws {UserError} where a file was changed
 */
export async function readLatents(
  folder: string,
  images: readonly number[],
  each: number,
): Promise<Float32Array> {
  const latents = new Float32Array(images.length * each);
  for (const [at, i] of images.entries()) {
    const file = latentFile(folder, i);
    const { data } = decodeNpy(await Deno.readFile(file), file);
    if (!(data instanceof Float32Array) || data.length !== each) {
      throw new UserError(`${file}: was changed since it was drawn; remove it`);
    }
    latents.set(data, at * each);
  }
  return latents;
}

/** Removes the latent of an image that is written. */
export async function removeLatent(folder: string, i: number): Promise<void> {
  await Deno.remove(latentFile(folder, i));
}

/** Removes the folder of latents; with `ifEmpty` only where none is left. */
export async function removeLatents(
  folder: string,
  { ifEmpty = false }: { ifEmpty?: boolean } = {},
): Promise<void> {
  if (ifEmpty && (await drawnLatents(folder)).size > 0) return;
  await Deno.remove(join(folder, LATENTS), { recursive: true });
}
