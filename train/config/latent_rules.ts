import type { Config } from "./config.ts";

/** Whether a run's data are latents, which are images only once they are decoded. */
export function isLatent({ dataset }: Pick<Config, "dataset">): boolean {
  return dataset.name === "features";
}

/** The rules for latents that `config` breaks, one line each with what to set instead. */
export function latentProblems(config: Config): string[] {
  const { dataset, sample, autoencoder, eval: { fid } } = config;
  if (!isLatent(config)) {
    return autoencoder.weights === null ? [] : [
      "autoencoder.weights: decodes latents, and the data are images; leave it out, or set " +
      "dataset.name=features with a folder of latents",
    ];
  }
  return [
    ...dataset.random_flip
      ? [
        "dataset.random_flip: latents cannot be mirrored; set dataset.random_flip=false, and have " +
        "the features of both flips made",
      ]
      : [],
    ...sample.clip_denoised
      ? [
        "sample.clip_denoised: latents have no range to be clipped to; set " +
        "sample.clip_denoised=false",
      ]
      : [],
    ...sample.n_samples > 0 && autoencoder.weights === null
      ? [
        "sample.n_samples: grids of latents take the autoencoder that decodes them; name its weights " +
        "with autoencoder.weights, or set sample.n_samples=0",
      ]
      : [],
    ...fid.n_samples > 0 && autoencoder.weights === null
      ? [
        "eval.fid.n_samples: FID of latents takes the autoencoder that decodes them; name its " +
        "weights with autoencoder.weights, or set eval.fid.n_samples=0",
      ]
      : [],
    ...fid.n_samples > 0 && fid.stats === null
      ? [
        "eval.fid.stats: latents are no images to compare with; name the .npz file of the images' " +
        "statistics, or set eval.fid.n_samples=0",
      ]
      : [],
  ];
}
