import { join } from "node:path";
import type { Device } from "../../engine/mod.ts";
import { imageGrid } from "../../eval/image_sets/image_grid.ts";
import { processOf } from "../../train/diffusion/process.ts";
import { mustBeFinite } from "../../eval/not_finite_error.ts";
import { sampledConditions } from "../../eval/sampled_labels.ts";
import { Sampler } from "../../eval/sampler.ts";
import { chooseMethod } from "../../eval/samplers/choose_method.ts";
import { toBytes } from "../../eval/image_sets/to_bytes.ts";
import { trainedNetwork } from "../../eval/trained_network.ts";
import type { Weights } from "../../train/checkpoints/find_weights.ts";
import { loadWeights } from "../../train/checkpoints/open_checkpoint.ts";
import { imageFile, interleaved, pngChannels, writePng } from "./image_files.ts";
import type { Recipe } from "../../eval/sample_recipe.ts";

/** What to draw, and where. */
export interface DrawOptions {
  readonly folder: string;
  readonly weights: Weights;
  readonly recipe: Recipe;
  /** Indices of the images to write, in order. */
  readonly requested: readonly number[];
  /** Images drawn at once, at most. */
  readonly batch_size: number;
  /** The file that shows the way from noise to the first `rows` images; null for none. */
  readonly strip: { readonly file: string; readonly rows: number } | null;
  /** Called with the images drawn, parts included, and their total. */
  readonly onProgress: (done: number, total: number) => void;
}

/** Moments that a strip shows an image at. */
const MOMENTS = 11;

/**
 * Draws images batch by batch and writes a PNG file of each.
 *
 * @throws {NotFiniteError} where an image has a value that is not finite; it is not written
 */
export async function drawImages(device: Device, options: DrawOptions): Promise<void> {
  const { folder, weights, recipe, batch_size, strip, onProgress } = options;
  const { nnet, process } = weights.config;
  const { schedule } = processOf(process);
  const channels = pngChannels(nnet);
  const { img_size: image_size } = nnet;
  const size = channels * image_size * image_size;
  const requested = new Set(options.requested);
  // A strip needs the first images even where they are there.
  const drawn = [...requested.union(new Set(strip ? Array(strip.rows).keys() : []))]
    .sort((a, b) => a - b);
  if (drawn.length === 0) return;
  // As few batches as fit, and these alike.
  const n = Math.ceil(drawn.length / Math.ceil(drawn.length / batch_size));

  using state = await loadWeights(device, weights);
  using sampler = new Sampler(device, {
    shape: [n, channels, image_size, image_size],
    network: trainedNetwork(state, weights.config),
    schedule,
    method: chooseMethod(schedule, recipe.sampler),
    guidance: recipe.guidance,
    limit: recipe.limit,
  });
  for (let done = 0; done < drawn.length;) {
    const first = drawn[done];
    const now = drawn.slice(done, done + n).filter((i) => i < first + n);
    const { seed, labels } = recipe;
    const numbers = Array.from({ length: n }, (_, i) => first + i);
    const moments: Uint8Array[] = [];
    const hasStrip = strip !== null && done === 0;
    const start = { seed, first, ...sampledConditions(labels, first, n) };
    const x = await sampler.sample(start, async (fraction, images) => {
      onProgress(done + fraction * now.length, drawn.length);
      if (hasStrip && fraction * (MOMENTS - 1) >= moments.length) {
        moments.push(toBytes(await images()));
      }
    });
    for (const i of now) {
      const values = x.subarray((i - first) * size, (i - first + 1) * size);
      mustBeFinite(values, i);
      if (!requested.has(i)) continue;
      await writePng(
        imageFile(folder, i),
        interleaved(toBytes(values), { channels, image_size }),
      );
    }
    if (hasStrip) {
      const rows = numbers.slice(0, strip.rows);
      const cells = rows.flatMap((i) => moments.map((m) => m.subarray(i * size, (i + 1) * size)));
      const bytes = new Uint8Array(cells.length * size);
      cells.forEach((cell, i) => bytes.set(cell, i * size));
      const layout = { channels, image_size, columns: moments.length };
      await writePng(join(folder, strip.file), imageGrid(bytes, layout));
    }
    done += now.length;
  }
}
