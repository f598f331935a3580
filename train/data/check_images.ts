import { isAutoencoderRun, type RunConfig } from "../config/autoencoder_run_config.ts";
import { autoencoderProblems } from "../config/autoencoder_rules.ts";
import { checkAgainstDataset, contradictions } from "../config/config_rules.ts";
import { isLatent } from "../config/latent_rules.ts";
import { UsageError } from "../config/usage_error.ts";
import type { ImageSource } from "./image_source.ts";

/**
 * Checks that a configuration contradicts neither itself nor the images that it is to be trained on.
 *
 * @throws {UsageError} with a line for each problem
 */
export function checkImages(config: RunConfig, images: ImageSource): void {
  const problems = isAutoencoderRun(config) ? autoencoderProblems(config) : contradictions(config);
  if (problems.length > 0) throw new UsageError(problems);
  if (isLatent(config) !== (images.dtype === "moments")) {
    throw new UsageError(
      images.dtype === "moments"
        ? `dataset.name: ${images.name} are latents; set dataset.name=features`
        : `dataset.name: features are latents, and ${images.name} are images; ` +
          "leave it out, or give features as openFeatures() does",
    );
  }
  const { shape: [channels, image_size], class_names, length, latents, captions } = images;
  checkAgainstDataset(config, {
    channels,
    image_size,
    classes: class_names.length,
    images: length,
    scale_factor: latents?.scale_factor ?? null,
    captions: captions ?? null,
  });
}
