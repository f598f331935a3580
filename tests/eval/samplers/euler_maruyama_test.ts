import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { eulerGrid, eulerMaruyama } from "../../../eval/samplers/euler_maruyama.ts";
import { distance, readGolden } from "../../golden.ts";
import { closedForm } from "../closed_form.ts";
import { inFloat64 } from "../in_float64.ts";

const schedule = vpLinear();

Deno.test("eulerMaruyama() takes the reference's path at every step, with noise and without", async () => {
  for (const kind of ["ode", "sde"] as const) {
    const file = await readGolden(`euler_maruyama_${kind}_noise_pred`);
    const { shape, data } = file.f32("trace");
    const size = data.length / shape[0];
    const grid = eulerGrid(schedule, { steps: Number(file.metadata.steps) });
    const path = await inFloat64(eulerMaruyama(schedule, grid, { kind }), {
      schedule,
      noiseModel: closedForm,
      x: file.f32("x_init").data,
      // No noise is stored for the last step, which adds none.
      noise: (j) => j === 7 ? [] : file.f32("noise").data.subarray(j * size, (j + 1) * size),
    });
    equal(path.length, shape[0]);
    for (const [i, x] of path.entries()) {
      const error = distance(x, data.subarray(i * size, (i + 1) * size));
      ok(error <= 1e-6, `${kind}, step ${i}: ${error}`);
    }
  }
});

Deno.test("eulerGrid() goes from time 1 over 0.001 to 0", () => {
  const grid = eulerGrid(schedule, { steps: 5 });
  ok(distance(grid, [1, 0.75025, 0.5005, 0.25075, 0.001, 0]) < 1e-12);
  deepEqual(eulerGrid(schedule, { steps: 1 }), [1, 0]);
  deepEqual(eulerGrid(schedule, { steps: 2, t_end: 0.25 }), [1, 0.25, 0]);
});
