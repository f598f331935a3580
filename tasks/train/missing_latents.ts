import { presets } from "../../train/config/presets.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { DatasetError } from "../../train/data/dataset.ts";
import { exists } from "../../train/files/durable.ts";
import { shownCommand } from "../cli/shown_command.ts";

/**
 * The error of a command line whose data cannot be read; where those are latents of the quickstart's
 * that were not made yet, it says how they are.
 */
export async function missingLatents(error: unknown): Promise<unknown> {
  const { dataset: { path }, autoencoder: { weights } } = presets.quickstart_latent;
  const isMissing = error instanceof DatasetError && error.message.startsWith(`${path}: `) &&
    !await exists(path!);
  if (!isMissing) return error;
  const [train, features] = [
    shownCommand("train --preset=quickstart_autoencoder"),
    shownCommand(`features --autoencoder=${weights}`),
  ];
  return new UsageError(`${path}: is not there yet; ${train} and ${features} make it, in minutes`);
}
