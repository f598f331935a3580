import type { RunConfig } from "./autoencoder_run_config.ts";
import { fieldsOf, flatten } from "./fields.ts";
import { runSchemaOf } from "./run_schema.ts";

/** Fields that identify a run; the data's path is not among them, as files may move. */
const FIXED = [
  "seed",
  "train.batch_size",
  "train.mode",
  "train.p_uncond",
  "optimizer.name",
  "dataset.name",
  "dataset.image_size",
  "dataset.background",
  "dataset.random_flip",
  "dataset.n",
  "autoencoder.scale_factor",
];

/** Sections that identify it as a whole. */
const SECTIONS = /^(nnet|process)\./;

/** Recomputation changes memory and time only. */
const FREE_OF_NNET = "nnet.use_checkpoint";

/** Where a run is does not change it. */
const PLACE = "workdir";

/**
 * Why a checkpoint made with `saved` cannot be continued with `requested`: a line for each field
 * that would make it another run; empty where none does. Rates, intervals, averaging and the number
 * of steps may change.
 */
export function resumeConflicts(saved: RunConfig, requested: RunConfig): string[] {
  return changes(saved, requested)
    .filter(({ path }) => isFixed(path))
    .map(({ path, before, now }) =>
      `${path}: the checkpoint was trained with ${before}, this run asks for ${now}`
    );
}

/**
 * What a run with `requested` changes of a checkpoint made with `saved` where it may: a line for
 * each field but the folder, `optimizer.lr: 0.0001 -> 0.0002`.
 */
export function changedSettings(saved: RunConfig, requested: RunConfig): string[] {
  return changes(saved, requested)
    .filter(({ path }) => !isFixed(path) && path !== PLACE)
    .map(({ path, before, now }) => `${path}: ${before} -> ${now}`);
}

function isFixed(path: string): boolean {
  return FIXED.includes(path) || (SECTIONS.test(path) && path !== FREE_OF_NNET);
}

/** A field that differs, its values as JSON. */
interface Change {
  readonly path: string;
  readonly before: string;
  readonly now: string;
}

/** All fields that differ; of another network, its name alone. */
function changes(saved: RunConfig, requested: RunConfig): Change[] {
  const other_network = saved.nnet.name !== requested.nnet.name;
  const fields = fieldsOf(runSchemaOf(requested.nnet.name))
    .filter(({ path }) => !other_network || !path.startsWith("nnet.") || path === "nnet.name");
  const before = flatten(saved, fields);
  const now = flatten(requested, fields);
  return fields
    .map(({ path }) => ({
      path,
      before: JSON.stringify(before.get(path)),
      now: JSON.stringify(now.get(path)),
    }))
    .filter(({ before, now }) => before !== now);
}
