import { join } from "node:path";
import type { Config } from "../../train/config/config.ts";

/** Where decoded images of a run in `workdir` are kept between starts; null where they are not. */
export function imagesCache(workdir: string, { dataset }: Config): string | null {
  return dataset.cache ? join(workdir, "cache") : null;
}
