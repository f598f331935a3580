import { CollectiveError } from "../../train/collective/collective_error.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import { countsText } from "../../train/data/counts_text.ts";
import { dataIdentity } from "../../train/data/data_identity.ts";
import type { ImageSource } from "../../train/data/image_source.ts";

/** What several processes must have alike to train together. */
export interface Basis {
  /** All settings. */
  readonly settings: string;
  /** What identifies the data. */
  readonly data: string;
  /** How much it is, for people. */
  readonly counts: string;
}

/** What a process trains on. */
export async function basisOf(config: RunConfig, dataset: ImageSource): Promise<Basis> {
  return {
    settings: JSON.stringify(config),
    data: JSON.stringify(await dataIdentity(dataset)),
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
  if (first.data === own.data) return;
  const differ = first.counts === own.counts
    ? "as many images, and others; give all processes the same files"
    : `${own.counts}; not ${first.counts}`;
  throw new CollectiveError(`its data are not those of process 0: ${differ}`);
}
