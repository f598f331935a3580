import { match, ok, strictEqual as equal } from "node:assert/strict";
import { runMemory } from "../../../eval/training/run_memory.ts";
import { dryRunText, mustFit, TooLargeError } from "../../../tasks/train/dry_run.ts";
import type { Config } from "../../../train/config/config.ts";
import { openDevice } from "../../device.ts";
import { finallyJudged } from "../../eval/training/finally_judged.ts";

Deno.test("mustFit() refuses what a run's images or its FID cannot bind, saying what to do", async () => {
  using device = await openDevice();
  const refused = (maxBindingBytes: number, config: Config): string => {
    const capabilities = { ...device.capabilities, maxBindingBytes };
    try {
      mustFit(capabilities, config);
    } catch (error) {
      ok(error instanceof TooLargeError);
      match(
        dryRunText(capabilities, config, { probes: false, decoder: null }),
        /^fits +no: use --/m,
      );
      return error.message;
    }
    return "";
  };
  // Weights are small beside the images, and a guided image goes through twice.
  const { nnet, train } = finallyJudged();
  const config = {
    ...finallyJudged(),
    nnet: { ...nnet, img_size: 32, patch_size: 2 },
    train: { ...train, batch_size: 1 },
  };
  const { step, grid, fid } = runMemory(device.capabilities, config, false);
  ok(step.largest.bytes < grid!.largest.bytes && grid!.largest.bytes < 2 ** 22);
  match(
    refused(step.largest.bytes, config),
    /^drawing one image needs a tensor of .*: use --sample\.scale=0, or/,
  );
  match(refused(2 ** 22, config), /^Inception needs .*: use --eval\.fid\.n_samples=0/);
  equal(refused(fid!.largest.bytes, config), "");
});
