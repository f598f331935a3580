import { CollectiveError } from "../../train/collective/collective_error.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import { countsText } from "../../train/data/counts_text.ts";
import type { ImageSource } from "../../train/data/image_source.ts";

/** What several processes must have alike to train together. */
export interface Basis {
  /** All settings. */
  readonly settings: string;
  /** Classes of the data, and how many images each has. */
  readonly classes: string;
  /** The same, for people. */
  readonly counts: string;
}

/** What a process trains on. */
export function basisOf(
  config: RunConfig,
  dataset: Pick<ImageSource, "length" | "class_names" | "class_counts">,
): Basis {
  const { class_names, class_counts } = dataset;
  return {
    settings: JSON.stringify(config),
    classes: JSON.stringify([class_names, class_counts]),
    counts: countsText(dataset),
  };
}

/**
 * Checks that a process trains on what the first does.
 *
 * @throws {CollectiveError} saying what differs
 */
export function mustBeAlike(first: Basis, own: Basis): void {
  if (first.settings !== own.settings) {
    throw new CollectiveError(
      "its settings are not those of process 0: start all by the same command",
    );
  }
  if (first.classes !== own.classes) {
    throw new CollectiveError(
      `its data are not those of process 0: ${own.counts}; not ${first.counts}`,
    );
  }
}
