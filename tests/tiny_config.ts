import type { Config } from "../train/config.ts";
import { presets } from "../train/presets.ts";

/** What a test changes in {@linkcode tinyConfig}. */
export type Changes = { readonly [K in keyof Config]?: Partial<Config[K]> };

/** A conditional network on shapes of 8 pixels whose step takes a few milliseconds. */
export function tinyConfig(changes: Changes = {}): Config {
  const base = presets.quickstart;
  const config: Config = {
    ...base,
    train: { ...base.train, n_steps: 40, batch_size: 8, ema_rate: 0.9 },
    lr_scheduler: { name: "customized", warmup_steps: 4 },
    nnet: {
      ...base.nnet,
      img_size: 8,
      patch_size: 4,
      conv: true,
      embed_dim: 32,
      depth: 2,
      num_heads: 2,
    },
    dataset: { ...base.dataset, image_size: 8, n: 64 },
  };
  const entries = Object.entries(changes).map(([key, value]) => {
    const before = config[key as keyof Config];
    return [key, typeof before === "object" ? { ...before, ...value as object } : value];
  });
  return { ...config, ...Object.fromEntries(entries) };
}
