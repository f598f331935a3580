import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { savedRun, saveRun } from "../../../tasks/stability/run_files.ts";
import type { ProbedRun } from "../../../eval/stability/probed_run.ts";
import { tinyConfig } from "../../tiny_config.ts";

const config = tinyConfig();
const variation = { method: "original", setting: "", config };
const run: ProbedRun = {
  ...variation,
  loss: [1, 0.5],
  grad_norm: [2, 1],
  probes: {},
  skipped: [],
  diverged_at: null,
  robustness: [{ level: 0.1, ratio: 2 }],
  seconds: 3,
};

Deno.test("savedRun() finds a run of the same settings, also from before the process was one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "run.json");
    equal(await savedRun(file, variation, [0.1]), null);
    await saveRun(file, run);
    deepEqual(await savedRun(file, variation, [0.1]), run);
    equal(await savedRun(file, variation, [0.2]), null);
    equal(await savedRun(file, { ...variation, config: tinyConfig({ seed: 5 }) }, [0.1]), null);

    const { process, ...older } = config;
    await Deno.writeTextFile(file, JSON.stringify({ ...run, config: older }));
    deepEqual((await savedRun(file, variation, [0.1]))?.loss, run.loss);
    const cosine = tinyConfig({ process: { ...process, schedule: "vp_cosine" } });
    equal(await savedRun(file, { ...variation, config: cosine }, [0.1]), null);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("saveRun() writes JSON with a line for each probe: a long run does not fit in one string", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "run.json");
    const probed = { ...run, probes: { "feature_norm.a": [1, null], 'b"\n': [2, 3] } };
    await saveRun(file, probed);
    const text = await Deno.readTextFile(file);
    deepEqual(JSON.parse(text), probed);
    for (const line of ['"feature_norm.a":[1,null],', '"loss":[1,0.5],']) {
      ok(text.split("\n").includes(line));
    }
    deepEqual(await savedRun(file, variation, [0.1]), probed);
    for (const length of [0, 20, text.length - 3]) {
      await Deno.writeTextFile(file, text.slice(0, length));
      equal(await savedRun(file, variation, [0.1]), null);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
