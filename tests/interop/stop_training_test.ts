import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { jupyterPython, runWithKernel, withoutJupyter } from "./jupyter.ts";

interface Stopped {
  readonly alive: boolean;
  readonly presses: number;
  readonly first: string;
  readonly others: readonly string[];
  readonly ids: number;
  readonly last: string;
  readonly after: { readonly kept: number; readonly stopped_at: number; readonly step: number };
}

Deno.test({
  name: `Stop ends training in a notebook, and variables live on${withoutJupyter}`,
  ignore: jupyterPython === null || Deno.build.os === "windows",
  async fn() {
    const root = fileURLToPath(import.meta.resolve("../../"));
    const stopped = await runWithKernel("stop_training.py", root) as Stopped;
    const { alive, presses, first, others, ids, last, after } = stopped;
    equal(alive, true);
    ok(presses > 0);
    // One output, redrawn in its place.
    deepEqual([first, others, ids], ["display_data", ["update_display_data"], 1]);
    match(last, /step \d+ of 1000000<.* stopped<\/p>.*<svg/s);
    const { kept, stopped_at, step } = after;
    deepEqual([kept, step], [42, stopped_at + 3]);
    ok(stopped_at > 0 && stopped_at < 100_000);
    match(last, new RegExp(`step ${stopped_at} of`));
  },
});
