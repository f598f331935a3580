import { type HostArray, input } from "../../engine/mod.ts";
import type { Checkpoint, Values } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import type { BatchSource } from "../../train/diffusion/drawn_batch.ts";
import { type Golden, goldenNnet } from "../golden.ts";
import { tinyConfig } from "../tiny_config.ts";

/** Steps of the golden training runs. */
export const GOLDEN_STEPS = 12;
const GOLDEN_BATCH = 4;

/** A batch that is given whole, as the golden files have it. */
export const givenBatch: BatchSource = (shape) => ({
  x0: input("x0", shape),
  t: input("t", [shape[0]]),
  noise: input("noise", shape),
});

/** The configuration of a golden run. */
export function goldenConfig({ metadata }: Golden, micro_batches: number): Config {
  return tinyConfig({
    train: {
      micro_batches,
      n_steps: GOLDEN_STEPS,
      batch_size: GOLDEN_BATCH,
      mode: "uncond",
      ema_rate: Number(metadata.ema_rate),
    },
    optimizer: JSON.parse(metadata.optimizer),
    lr_scheduler: { name: "customized", warmup_steps: Number(metadata.warmup_steps) },
    nnet: goldenNnet(metadata),
  });
}

/** What a golden run starts from. */
export function goldenStart(file: Golden, config: Config): Checkpoint {
  const nnet = file.group("init.");
  const zeros: Values = Object.fromEntries(
    Object.entries(nnet).map(([name, { shape, data }]) => [
      name,
      { shape, data: new Float32Array(data.length) },
    ]),
  );
  return { step: 0, config, nnet, nnet_ema: nnet, exp_avg: zeros, exp_avg_sq: zeros };
}

/** The inputs of a golden step, by micro-batch. */
export function goldenBatches(
  file: Golden,
  step: number,
  parts: number,
): Record<string, HostArray>[] {
  const part = (name: string, i: number) => {
    const { data } = file.f32(name);
    const size = data.length / (GOLDEN_STEPS * parts);
    const at = (step * parts + i) * size;
    return data.slice(at, at + size);
  };
  return Array.from(
    { length: parts },
    (_, i) => ({ x0: part("x0", i), t: part("t", i), noise: part("noise", i) }),
  );
}
