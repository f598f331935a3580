/** Saves checkpoints one after another, telling each step once it is saved, until killed. */
import { saveCheckpoint } from "../../../train/checkpoints/checkpoint.ts";
import { checkpointOf } from "./checkpoint_of.ts";

const [workdir, first] = Deno.args;
for (let step = Number(first);; step++) {
  await saveCheckpoint(workdir, checkpointOf(step), 2);
  console.log(step);
}
