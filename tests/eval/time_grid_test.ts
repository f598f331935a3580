import { deepStrictEqual as deepEqual, ok, strictEqual as equal, throws } from "node:assert/strict";
import { vpLinear } from "../../train/diffusion/vp_linear.ts";
import { TIME_GRIDS, timeGrid } from "../../eval/time_grid.ts";
import { distance } from "../golden.ts";

const schedule = vpLinear();

Deno.test("timeGrid() falls from the first time to the last, exactly", () => {
  for (const name of TIME_GRIDS) {
    const grid = timeGrid(name, schedule, { intervals: 7, t_start: 0.9, t_end: 0.002 });
    equal(grid.length, 8, name);
    equal(grid[0], 0.9);
    equal(grid[7], 0.002);
    ok(grid.every((t, i) => i === 0 || t < grid[i - 1]), name);
    deepEqual(timeGrid(name, schedule, { intervals: 1 }), [1, 1e-4]);
  }
});

Deno.test("timeGrid() divides equally what it is named for", () => {
  const steps = (name: typeof TIME_GRIDS[number], measure: (t: number) => number) => {
    const at = timeGrid(name, schedule, { intervals: 9 }).map(measure);
    const equalSteps = at.map((_, i) => at[0] + (at[9] - at[0]) * i / 9);
    ok(distance(at, equalSteps) < 1e-9, name);
  };
  steps("uniform", (t) => t);
  steps("quadratic", Math.sqrt);
  steps("log_snr", schedule.lambda);
  steps("karras", (t) => (schedule.sigma(t) / schedule.alpha(t)) ** (1 / 7));
});

Deno.test("timeGrid() refuses ends out of order and grids of nothing", () => {
  throws(() => timeGrid("uniform", schedule, { intervals: 0 }), {
    message: "a time grid has 1 interval or more, not 0",
  });
  throws(() => timeGrid("uniform", schedule, { intervals: 2, t_end: 1 }), {
    message: "a time grid falls from its start to its end, not 1 to 1",
  });
});
