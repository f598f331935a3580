import { batches } from "../../train/data/batches.ts";
import { FeatureWriter } from "../../train/data/features/feature_writer.ts";
import { openFeatures } from "../../train/data/features/open_features.ts";
import { median } from "../../engine/testing/paired_times.ts";
import { uniform } from "./uniform.ts";
import { WrongResultError } from "./timed_jobs.ts";

/** How fast a folder of features is read, batch by batch in a training run's order. */
export interface StreamingRow {
  /** Latents in the folder. */
  readonly latents: number;
  /** Its size, bytes: the system keeps as much in memory, so that this is no measure of the disk. */
  readonly bytes: number;
  /** Latents of a batch. */
  readonly batch: number;
  /** The median of the epochs. */
  readonly latents_per_s: number;
}

/** Moments of 256 x 256 images, in F16. */
const SHAPE = [8, 32, 32] as const;
const LATENTS = 8192;
const BATCH = 256;

/** Writes a folder of features, and walks over it `rounds` times. */
export async function streamingRow(rounds: number): Promise<StreamingRow> {
  const folder = await Deno.makeTempDir();
  try {
    const size = SHAPE.reduce((n, d) => n * d, 1);
    const values = uniform(size + LATENTS, 1, 0);
    const momentsOf = (i: number) => values.subarray(i, i + size);
    const writer = await FeatureWriter.open(folder, {
      source: "numbers",
      list_sha256: null,
      shape: SHAPE,
      dtype: "F16",
      class_names: ["numbers"],
      autoencoder: { sha256: null, scale_factor: 1 },
      text_encoder: null,
    });
    for (let i = 0; i < LATENTS; i++) await writer.add({ moments: momentsOf(i), label: 0 });
    await writer.finish();
    using source = await openFeatures(folder);
    const walk = batches(source, { seed: 0, random_flip: false });
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      for (let at = 0; at < LATENTS; at += BATCH) await walk.at(round * LATENTS + at, BATCH);
      seconds.push((performance.now() - start) / 1000);
    }
    const { data } = await source.read([LATENTS - 1]);
    const wrong = data.findIndex((v, i) => v !== Math.f16round(momentsOf(LATENTS - 1)[i]));
    if (wrong >= 0) throw new WrongResultError(`streaming: the last latent has ${data[wrong]}`);
    return {
      latents: LATENTS,
      bytes: 2 * size * LATENTS,
      batch: BATCH,
      latents_per_s: LATENTS / median(seconds),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
