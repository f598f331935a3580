import type { Config, NnetConfig, UNetNnetConfig, UVitNnetConfig } from "../train/config/config.ts";
import { type Preset, presets } from "../train/config/presets.ts";

/** What a test changes in a {@linkcode Preset}. */
export type Changes<N = UVitNnetConfig> = {
  readonly [K in keyof Config]?: Partial<Preset<N>[K]>;
};

/** A conditional network on shapes of 8 pixels whose step takes a few milliseconds. */
export function tinyConfig(changes: Changes = {}): Preset<UVitNnetConfig> {
  const { nnet } = presets.quickstart;
  return tiny({
    ...presets.quickstart,
    nnet: {
      ...nnet,
      img_size: 8,
      patch_size: 4,
      conv: true,
      embed_dim: 32,
      depth: 2,
      num_heads: 2,
    },
  }, changes);
}

/** The same with a UNet of two levels, dropout on. */
export function tinyUnet(changes: Changes<UNetNnetConfig> = {}): Preset<UNetNnetConfig> {
  const { nnet } = presets.quickstart_unet;
  return tiny({
    ...presets.quickstart_unet,
    nnet: { ...nnet, img_size: 8, ch_mult: [1, 1], attn_resolutions: [4], dropout: 0.1 },
  }, changes);
}

function tiny<N extends NnetConfig>(base: Preset<N>, changes: Changes<N>): Preset<N> {
  const config: Preset<N> = {
    ...base,
    train: { ...base.train, n_steps: 40, batch_size: 8, ema_rate: 0.9 },
    lr_scheduler: { name: "customized", warmup_steps: 4 },
    dataset: { ...base.dataset, image_size: 8, n: 64 },
  };
  const entries = Object.entries(changes).map(([key, value]) => {
    const before = config[key as keyof Config];
    return [key, typeof before === "object" ? { ...before, ...value as object } : value];
  });
  return { ...config, ...Object.fromEntries(entries) };
}
