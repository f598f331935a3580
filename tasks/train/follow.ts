import { objectiveOf } from "../../train/autoencoder/autoencoder_objective.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import { trainLoop } from "../../train/checked/train_loop_by_rules.ts";
import { basisOf, mustBeAlike } from "./basis.ts";
import type { Run } from "./run.ts";

/** What the ranks do that are not the first: they train, and leave the rest to it. */
export async function follow<C extends RunConfig>(run: Run<C>): Promise<void> {
  run.listen();
  const { device, config, signal, together } = run;
  const first = await run.agree(null);
  if (!first) return;
  // What rank 0 has decoded need not be decoded again.
  const dataset = await run.load();
  mustBeAlike(first, await basisOf(config, dataset));
  const objective = objectiveOf(config);
  const hooks = { onStart: () => run.begin() };
  await trainLoop(device, config, dataset, { signal, together, objective, hooks });
}
