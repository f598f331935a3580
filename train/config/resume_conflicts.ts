import type { Config } from "./config.ts";
import { configSchema } from "./config_schema.ts";
import { fieldsOf, flatten } from "./fields.ts";

/** Fields that identify a run; the data's path is not among them, as files may move. */
const FIXED = [
  "seed",
  "train.batch_size",
  "train.mode",
  "train.p_uncond",
  "optimizer.name",
  "dataset.name",
  "dataset.image_size",
  "dataset.random_flip",
  "dataset.n",
];

/** Sections that identify it as a whole. */
const SECTIONS = /^(nnet|process)\./;

/** Recomputation changes memory and time only. */
const FREE_OF_NNET = "nnet.use_checkpoint";

/**
 * Why a checkpoint made with `saved` cannot be continued with `requested`: a line for each field
 * that would make it another run; empty where none does. Rates, intervals, averaging and the number
 * of steps may change.
 */
export function resumeConflicts(saved: Config, requested: Config): string[] {
  const other_network = saved.nnet.name !== requested.nnet.name;
  const fields = fieldsOf(configSchema)
    .filter(({ path }) => !other_network || !path.startsWith("nnet.") || path === "nnet.name");
  const before = flatten(saved, fields);
  const now = flatten(requested, fields);
  return fields
    .map(({ path }) => path)
    .filter((path) => FIXED.includes(path) || (SECTIONS.test(path) && path !== FREE_OF_NNET))
    .filter((path) => JSON.stringify(before.get(path)) !== JSON.stringify(now.get(path)))
    .map((path) =>
      `--${path}: the checkpoint was trained with ${JSON.stringify(before.get(path))}, ` +
      `this run asks for ${JSON.stringify(now.get(path))}`
    );
}
