import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { scaledLinearBetas, vpDiscrete } from "../../../train/diffusion/vp_discrete.ts";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { dpmMultistep } from "../../../eval/samplers/dpm_multistep.ts";
import type { SolverOrder } from "../../../eval/samplers/dpm_singlestep.ts";
import type { Prediction } from "../../../eval/samplers/program.ts";
import { timeGrid } from "../../../eval/time_grid.ts";
import { distance, readGolden } from "../../golden.ts";
import { closedForm } from "../closed_form.ts";
import { inFloat64 } from "../in_float64.ts";

Deno.test("dpmMultistep() is the reference's, for noise and data", async () => {
  const file = await readGolden("dpm_solver_pp_discrete");
  const schedule = vpDiscrete(scaledLinearBetas(), "scaled linear");
  let count = 0;
  for (const name of file.names) {
    const match = /^(noise|data)_multistep_order(\d)_(\d+)$/.exec(name);
    if (!match) continue;
    const program = dpmMultistep(
      schedule,
      timeGrid("uniform", schedule, { intervals: Number(match[3]) }),
      {
        prediction: match[1] as Prediction,
        order: Number(match[2]) as SolverOrder,
        lower_order_final: false,
        curvature: "halved",
      },
    );
    const x = file.f32("x_init").data;
    const path = await inFloat64(program, { schedule, noiseModel: closedForm, x });
    const error = distance(path[path.length - 1], file.f32(name).data);
    ok(error <= 2e-6, `${name}: ${error}`);
    count++;
  }
  ok(count === 4, `${count}`);
});

Deno.test("dpmMultistep() begins, and with lower_order_final ends, by lower orders", () => {
  const schedule = vpLinear();
  const grid = timeGrid("log_snr", schedule, { intervals: 5 });
  const steps = (order: SolverOrder, lower_order_final: boolean) =>
    dpmMultistep(schedule, grid, { prediction: "data", order, lower_order_final }).steps;
  const taken = (order: SolverOrder, lower_order_final: boolean) =>
    steps(order, lower_order_final).map(({ update: { x } }) =>
      ["model", "m1", "m2"].filter((slot) => (x[slot] ?? 0) !== 0).length
    );
  deepEqual(taken(3, false), [1, 2, 3, 3, 3]);
  deepEqual(taken(3, true), [1, 2, 3, 2, 1]);
  deepEqual(taken(2, true), [1, 2, 2, 2, 1]);
  deepEqual(taken(1, false), [1, 1, 1, 1, 1]);
  deepEqual(steps(3, true)[4].update.x.x, steps(1, false)[4].update.x.x);
});
