import { counted } from "../../engine/counted.ts";
import { UsageError } from "../config/usage_error.ts";
import { changedClasses, changedContents, swappedClasses } from "../data/data_changes.ts";
import { dataIdentity } from "../data/data_identity.ts";
import type { ImageSource } from "../data/image_source.ts";
import { isAutoencoderRun, type RunConfig } from "../config/autoencoder_run_config.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** A checkpoint to resume from, and where it was found. */
export interface Resumed<C extends RunConfig = RunConfig> {
  /** What its place is called in messages. */
  readonly source: string;
  /** What is resumed. */
  readonly checkpoint: Checkpoint<C>;
  /** What to do instead, for errors: "choose another workdir". */
  readonly otherwise: string;
}

/**
 * Checks that the labels of a data set mean what they did when the checkpoint was trained; nothing
 * is checked where it does not say, or where labels have no meaning: without them, with one class or
 * for an autoencoder.
 *
 * @param class_names of the data set, by label
 * @throws {UsageError} with a line for each label that was another class
 */
export function mustHaveSameClasses(
  { source, checkpoint: { data, config }, otherwise }: Resumed,
  class_names: readonly string[],
): void {
  if (!data || !isLabelled(config)) return;
  if (Math.max(class_names.length, data.class_names.length) < 2) return;
  refuse(changedClasses(data.class_names, class_names), source, otherwise);
}

/**
 * Compares a data set with what a checkpoint was trained on.
 *
 * @returns what differs, or that it cannot be known; null where nothing does
 * @throws {UsageError} where labels were other classes
 */
export async function dataNote(resumed: Resumed, dataset: ImageSource): Promise<string | null> {
  const { source, otherwise, checkpoint: { step, data: before, config } } = resumed;
  if (!before) return "that checkpoint does not name its data: whether it is the same is not known";
  mustHaveSameClasses(resumed, dataset.class_names);
  const now = await dataIdentity(dataset);
  if (isLabelled(config)) refuse(swappedClasses(before, now), source, otherwise);
  const changes = [
    ...changedClasses(before.class_names, now.class_names),
    ...changedContents(before, now),
  ];
  if (changes.length === 0) return null;
  const [was, is] = [before, now].map(({ class_counts }) =>
    class_counts.reduce((a, b) => a + b, 0)
  );
  return [
    `the data has changed since step ${step}` +
    (was === is ? ":" : `: ${counted(is, "image")}, ${was} before`),
    ...changes.map((line) => `  ${line}`),
  ].join("\n");
}

function isLabelled(config: RunConfig): boolean {
  return !isAutoencoderRun(config) && config.train.mode === "cond";
}

function refuse(lines: readonly string[], source: string, otherwise: string): void {
  if (lines.length === 0) return;
  throw new UsageError([
    `${source} was trained on other classes; ${otherwise}, or take this back:`,
    ...lines,
  ]);
}
