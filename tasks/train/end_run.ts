import { counted } from "../../engine/counted.ts";
import { humanDuration } from "../../page/human_units.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import { shownCommand } from "../cli/shown_command.ts";
import type { Run } from "./run.ts";
import { leftBehind } from "./run_text.ts";

/** Says what a run has done and left; where it was stopped, how it goes on, with exit code 130. */
export function endRun<C extends RunConfig>(
  run: Run<C>,
  { done, isFinished, seconds }: {
    readonly done: number;
    readonly isFinished: boolean;
    readonly seconds: number;
  },
): void {
  // The last line of progress first, so that the summary ends what is said.
  run.progress[Symbol.dispose]();
  run.note(
    `${counted(done, "step")}, ${humanDuration(seconds)}. ${leftBehind(run.config, done)}`,
  );
  if (isFinished) return;
  run.note(`to go on: ${shownCommand("train", Deno.args)}`);
  Deno.exitCode = 130;
}

/** Says that a run had done all of its steps before. */
export function noteDone<C extends RunConfig>(run: Run<C>, step: number): void {
  run.note(
    `${run.config.workdir} has done its ${
      counted(step, "step")
    }: raise --n_steps to go on, or choose another --workdir`,
  );
}
