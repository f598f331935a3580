import { deepStrictEqual as deepEqual, throws } from "node:assert/strict";
import { RANGES } from "../../../tasks/demo/settings.ts";
import { configOf, FIRST_SETTINGS, METHODS } from "../../../tasks/demo/worker/run_config.ts";
import { configSchema } from "../../../train/config/config_schema.ts";
import { contradictions } from "../../../train/config/config_rules.ts";
import { presets } from "../../../train/config/presets.ts";

Deno.test("what the page offers first is the quickstart, and the commands take what it makes", () => {
  const config = configOf(FIRST_SETTINGS);
  const { nnet, train, lr_scheduler } = presets.quickstart;
  deepEqual(config.nnet, { ...nnet, scalelong: 3 });
  deepEqual(config.train, { ...train, save_interval: 100, eval_interval: 100 });
  deepEqual(config.lr_scheduler, lr_scheduler);
  const changes = { scalelong: 2, kappa: 0.5, depth: 8, embed_dim: 64, n_steps: 20 } as const;
  const changed = configOf({ ...FIRST_SETTINGS, ...changes });
  deepEqual(configSchema.parse(changed), changed);
  deepEqual(changed.nnet.name === "uvit" && changed.nnet.num_heads, 2);
  deepEqual([changed.lr_scheduler.warmup_steps, changed.train.ema_rate], [2, 0.625]);
});

Deno.test("the smallest and largest of each setting, with each method, contradict nothing", () => {
  const ends = Object.entries(RANGES).flatMap(([name, [least, most]]) =>
    [least, most].map((value) => ({ [name]: value }))
  );
  for (const changes of [...METHODS.map(({ number }) => ({ scalelong: number })), ...ends]) {
    const config = configOf({ ...FIRST_SETTINGS, ...changes });
    deepEqual(contradictions(config), []);
    deepEqual(configSchema.parse(config), config);
  }
});

Deno.test("configOf() names each setting that is out of range", () => {
  const wrong = {
    ...FIRST_SETTINGS,
    depth: 3,
    embed_dim: 40,
    kappa: 2,
    batch_size: NaN,
    n_steps: 0,
  };
  throws(() => configOf(wrong), {
    name: "UsageError",
    message: [
      "Kappa: give a number from 0.05 to 1",
      "Depth: give a multiple of 2 from 2 to 16",
      "Width: give a multiple of 32 from 32 to 512",
      "Batch: give a whole number from 1 to 512",
      "Steps: give a whole number from 1 to 100000",
    ].join("\n"),
  });
});
