import { join } from "node:path";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";

/** Where decoded images of a run in `workdir` are kept between starts; null where they are not. */
export function imagesCache(
  workdir: string,
  { dataset }: Pick<RunConfig, "dataset">,
): string | null {
  return dataset.cache ? join(workdir, "cache") : null;
}
