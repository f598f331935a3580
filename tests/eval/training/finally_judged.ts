import { evalSchema } from "../../../train/config/fid_schema.ts";
import { tinyConfig } from "../../tiny_config.ts";

/** A run whose final FID is of many more images than the others. */
export function finallyJudged(fid: object = {}) {
  const { sample } = tinyConfig();
  const few = { n_samples: 2, final_n_samples: 5000, sample_steps: 2, algorithm: "ddim" };
  return tinyConfig({
    sample: { ...sample, n_samples: 1, sample_steps: 1 },
    eval: evalSchema.parse({ fid: { ...few, ...fid } }),
  });
}
