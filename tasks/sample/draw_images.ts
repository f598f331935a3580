import { join } from "node:path";
import type { Device } from "../../engine/mod.ts";
import { drawnConditions } from "../../eval/image_sets/drawn_conditions.ts";
import { imageGrid } from "../../eval/image_sets/image_grid.ts";
import { toBytes } from "../../eval/image_sets/to_bytes.ts";
import type { ImageShape } from "../../eval/latents/latent_decoding.ts";
import type { RunAutoencoder } from "../../eval/latents/run_autoencoder.ts";
import { runPadded } from "../../eval/latents/run_padded.ts";
import { mustBeFinite } from "../../eval/not_finite_error.ts";
import type { Recipe } from "../../eval/sample_recipe.ts";
import type { RunTexts } from "../../eval/text/run_texts.ts";
import { broadcastValue } from "../../train/collective/broadcast_value.ts";
import { bytesOf, floatsOf } from "../../train/collective/bytes_of.ts";
import type { Collective } from "../../train/collective/collective.ts";
import type { Weights } from "../../train/checkpoints/find_weights.ts";
import { type BatchOptions, drawBatches } from "./draw_batches.ts";
import { imageFile, interleaved, pngChannels, writePng } from "./image_files.ts";
import {
  drawnLatents,
  readLatents,
  removeLatent,
  removeLatents,
  writeLatent,
} from "./latent_files.ts";

/** What to draw, and where. */
export interface DrawOptions {
  readonly folder: string;
  readonly weights: Weights;
  readonly recipe: Recipe;
  /** Decodes what a network of latents draws; null for one of images. */
  readonly autoencoder: RunAutoencoder | null;
  /** What a network of texts draws; null for another. */
  readonly texts: RunTexts | null;
  /** Called with a line for each text that was cut. */
  readonly onNote: (message: string) => void;
  /** The processes that draw and decode a share each; rank 0 alone knows what is there, and writes. */
  readonly collective: Collective;
  /** Indices of the images to write, in order; those of rank 0 count. */
  readonly requested: readonly number[];
  /** Images drawn at once, at most. */
  readonly batch_size: number;
  /** The file that shows the way from noise to the first `rows` images; null for none. */
  readonly strip: { readonly file: string; readonly rows: number } | null;
  /** Called with the images drawn, then decoded, fractions included, and their total. */
  readonly onProgress: (what: "drawing" | "decoding", done: number, total: number) => void;
}

/** Moments that a strip shows an image at. */
const MOMENTS = 11;

/** The shape of the images that weights draw, decoded where they draw latents. */
export function imageShape(
  { config: { nnet } }: Weights,
  autoencoder: RunAutoencoder | null,
): ImageShape & { readonly channels: 1 | 3 } {
  const { channels, image_size } = autoencoder
    ? autoencoder.decoding.imageShape(nnet.img_size)
    : { channels: nnet.in_chans, image_size: nnet.img_size };
  return { channels: pngChannels(channels), image_size };
}

/**
 * Draws images batch by batch and writes a PNG file of each. Latents are all drawn first, and kept in
 * files, so that an interrupted command draws none again; then the decoder takes the network's place
 * on the device.
 *
 * @throws {NotFiniteError} where an image has a value that is not finite; it is not written
 */
export async function drawImages(device: Device, options: DrawOptions): Promise<void> {
  const { folder, weights, recipe, autoencoder, strip, batch_size, onProgress } = options;
  const shape = imageShape(weights, autoencoder);
  const { in_chans: channels, img_size: size } = weights.config.nnet;
  const { collective, collective: { rank, size: ranks } } = options;
  const requested = await broadcastValue(collective, options.requested);
  const kept = await broadcastValue(
    collective,
    autoencoder && rank === 0 ? [...await drawnLatents(folder)] : [],
  );
  const lacking = new Set(requested).difference(new Set(kept));
  const moments: Float32Array[] = [];
  // A strip needs the first images even where they are there.
  const numbers = [...lacking.union(new Set(strip ? Array(strip.rows).keys() : []))]
    .sort((a, b) => a - b);
  const { texts, onNote } = options;
  const encoded = texts && numbers.length > 0
    ? await texts.encode(device, numbers[numbers.length - 1] + 1, onNote)
    : null;
  const batches: BatchOptions = {
    weights,
    recipe,
    batch_size,
    numbers,
    conditions: drawnConditions(recipe.labels, encoded),
    strip: strip && {
      moments: MOMENTS,
      take: (values) => moments.push(values.slice(0, strip.rows * channels * size ** 2)),
    },
    take: async (i, values) => {
      if (!lacking.has(i)) return;
      if (autoencoder) await writeLatent(folder, i, values, { channels, size });
      else await writeImage(folder, i, values, shape);
    },
    onProgress: (done, total) => onProgress("drawing", done, total),
    collective,
  };
  await drawBatches(device, batches);
  const writeStrip = async (moments: readonly Float32Array[]) => {
    if (strip && rank === 0) await writePng(join(folder, strip.file), imageStrip(moments, shape));
  };
  if (!autoencoder) return await writeStrip(moments);

  if (requested.length === 0 && moments.length === 0) return;
  const { decoding, scale_factor } = autoencoder;
  using decoder = await decoding.open(device, scale_factor);
  const latents = { height: size, width: size };
  const batch = await broadcastValue(collective, decoder.batchOf(latents));
  const decode = (some: Float32Array) => decoder.decode(some, latents);
  const latent = channels * size ** 2;
  const each = shape.channels * shape.image_size ** 2;
  onProgress("decoding", 0, requested.length);
  for (let done = 0; done < requested.length; done += batch * ranks) {
    const now = requested.slice(done, done + batch * ranks);
    const drawn = rank === 0
      ? await readLatents(folder, now, latent)
      : new Float32Array(now.length * latent);
    await collective.broadcast(bytesOf(drawn));
    const own = drawn.subarray(rank * batch * latent, (rank + 1) * batch * latent);
    const decoded = await runPadded(decode, own, Math.min(batch, requested.length) * latent);
    const all = await collective.gather(bytesOf(decoded));
    if (rank > 0) continue;
    for (const [at, i] of now.entries()) {
      const from = at % batch * each;
      const values = floatsOf(all[Math.floor(at / batch)]).subarray(from, from + each);
      mustBeFinite(values, i);
      await writeImage(folder, i, values, shape);
      await removeLatent(folder, i);
    }
    onProgress("decoding", done + now.length, requested.length);
  }
  if (rank > 0) return;
  if (requested.length > 0) await removeLatents(folder, { ifEmpty: true });
  const decoded: Float32Array[] = [];
  for (const moment of moments) decoded.push(await decoder.decode(moment, latents));
  await writeStrip(decoded);
}

async function writeImage(
  folder: string,
  i: number,
  values: Float32Array,
  shape: ImageShape & { readonly channels: 1 | 3 },
): Promise<void> {
  await writePng(imageFile(folder, i), interleaved(toBytes(values), shape));
}

/** A row for each image, a column for each moment. @param moments `[n, C, H, W]` each */
function imageStrip(moments: readonly Float32Array[], shape: ImageShape) {
  const each = shape.channels * shape.image_size ** 2;
  const rows = moments[0].length / each;
  const bytes = new Uint8Array(rows * moments.length * each);
  moments.forEach((values, m) => {
    const moment = toBytes(values);
    for (let row = 0; row < rows; row++) {
      const cell = moment.subarray(row * each, (row + 1) * each);
      bytes.set(cell, (row * moments.length + m) * each);
    }
  });
  return imageGrid(bytes, { ...shape, columns: moments.length });
}
