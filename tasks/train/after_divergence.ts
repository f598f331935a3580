import { basename } from "node:path";
import { checkpointFolders } from "../../train/checkpoints/checkpoint.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import { DivergedError } from "../../train/divergence.ts";
import { shownCommand } from "../cli/shown_command.ts";

/** A run that diverged. */
export interface DivergedRun {
  readonly config: RunConfig;
  /** Its command line. */
  readonly args: readonly string[];
  /** Steps of its checkpoints that cannot be used. */
  readonly unusable: ReadonlySet<number>;
}

/** Adam's usual rate, the highest that is proposed. */
const USUAL_LR = 1e-3;

/**
 * The error of a run that diverged, with a line that names its newest good checkpoint and the
 * command that goes on from there with a lower rate, or in mixed precision with 32 bits.
 *
 * Good is a checkpoint before what diverged: weights that gave an infinite loss are no place to go
 * on from, finite as they may be.
 */
export async function afterDivergence(
  error: DivergedError,
  { config, args, unusable }: DivergedRun,
): Promise<DivergedError> {
  const { workdir } = config;
  const { kind } = error;
  const folders = (await checkpointFolders(workdir))
    .filter((folder) => !unusable.has(stepOf(folder)));
  // The loss of a step is of the weights before it. Steps that overflowed changed no weights.
  const end = kind === "loss" ? error.step - 1 : kind === "state" ? error.step : Infinity;
  const good = folders.find((folder) => stepOf(folder) < end);
  const [remedy, changed, ...replaced] = kind === "overflow"
    ? ["with 32 bits", "--mixed_precision=no", "mixed_precision", "train.mixed_precision"]
    : ["with a lower rate", `--lr=${lowerRate(config)}`, "lr", "optimizer.lr"];
  const command = (others: readonly string[] = [], ...more: string[]) =>
    shownCommand("train", [...withoutFlags(args, [...others, ...replaced]), ...more, changed]);
  let line: string;
  if (folders.length === 0) {
    line = `no checkpoint was saved before; to begin again ${remedy}: ${command()}`;
  } else if (good === undefined) {
    line = `none of its checkpoints is good; to begin again ${remedy}, in another folder: ` +
      command(["workdir"], `--workdir=${workdir}_again`);
  } else {
    const onwards = good === folders[0] ? command() : command(
      ["workdir", "resume_from", "init_from", "init_from_partial"],
      `--resume-from=${good}`,
      `--workdir=${workdir}_from_${stepOf(good)}`,
    );
    line = `the newest good checkpoint is ${good}; to go on from it ${remedy}: ${onwards}`;
  }
  return new DivergedError(`${error.message}\n${line}`, error.step, kind);
}

function stepOf(folder: string): number {
  return parseInt(basename(folder));
}

function lowerRate({ optimizer: { lr } }: RunConfig): number {
  return Number(Math.min(lr / 10, USUAL_LR).toPrecision(2));
}

/** A command line without some flags and their values. @param names as `init_from` */
function withoutFlags(args: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [flag, value] = args[i].split(/=(.*)/s);
    const name = flag.replace(/^--/, "").replaceAll("-", "_");
    if (!flag.startsWith("--") || !names.includes(name)) kept.push(args[i]);
    else if (value === undefined && i + 1 < args.length && !args[i + 1].startsWith("--")) {
      i++; // Its value is the next argument.
    }
  }
  return kept;
}
