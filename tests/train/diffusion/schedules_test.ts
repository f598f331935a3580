import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import {
  concat,
  constant,
  evaluate,
  mean,
  randomNormal,
  randomUniform,
  reshape,
  square,
} from "../../../engine/mod.ts";
import { processOf } from "../../../train/diffusion/process.ts";
import { DEFAULT_PROCESS, type ProcessConfig } from "../../../train/diffusion/process_config.ts";
import { type ScheduleName, SCHEDULES } from "../../../train/diffusion/schedules.ts";
import { openDevice } from "../../device.ts";

const processes = (Object.keys(SCHEDULES) as ScheduleName[]).flatMap((schedule) => {
  const base: ProcessConfig = { ...DEFAULT_PROCESS, schedule };
  // An odd number of steps, so that n / N is not a round number.
  const odd = { beta_spacing: "scaled_linear", beta_steps: 513 } as const;
  return schedule === "vp_discrete" ? [base, { ...base, ...odd }] : [base];
}).map(processOf);

for (const { name, schedule, diffuse } of processes) {
  const steps = name.startsWith("vp_discrete") ? schedule.timestep_scale : 997;
  const times = Float32Array.from({ length: steps }, (_, i) => schedule.t_max * (i + 1) / steps);

  Deno.test(`the graph of ${name} matches its float64 functions`, async () => {
    using device = await openDevice();
    const { alpha, sigma } = schedule.factors(constant(times));
    deepEqual(alpha.shape, [steps, 1, 1, 1]);
    const both = await evaluate(concat([alpha, sigma], 0), {}, device);
    times.forEach((t, i) => {
      // The step of a discrete process, where its rounded time lies a little after it.
      const at = name.startsWith("vp_discrete") ? (i + 1) / steps : t;
      const [a, s] = [schedule.alpha(at), schedule.sigma(at)];
      ok(Math.abs(both[i] - a) <= 2e-6 * a, `alpha(${t}) = ${both[i]}, not ${a}`);
      // Where sigma is the root of 1 - alpha^2, that difference has the digits of a number near 1.
      const lost = name.startsWith("vp_linear") ? 2 ** -23 / s ** 2 : 0;
      ok(Math.abs(both[steps + i] - s) <= (2e-6 + lost) * s, `sigma(${t}): ${both[steps + i]}`);
    });
  });

  Deno.test(`training times of ${name} are uniform up to its end`, async () => {
    using device = await openDevice();
    const ends = [0, 1 - 2 ** -24];
    const middles = Array.from({ length: steps }, (_, i) => (i + 0.5) / steps);
    const found = await evaluate(schedule.times(constant([...ends, ...middles])), {}, device);
    const first = name.startsWith("vp_discrete") ? 1 / steps : 0;
    deepEqual(found[0], Math.fround(first));
    ok(Math.abs(found[1] - schedule.t_max) < 1e-7 && found[1] <= schedule.t_max);
    middles.forEach((u, i) => {
      const expected = first > 0 ? (i + 1) / steps : u * schedule.t_max;
      ok(Math.abs(found[2 + i] - expected) < 2e-7, `${u}: ${found[2 + i]}, not ${expected}`);
    });
  });

  Deno.test(`${name} preserves unit variance`, async () => {
    using device = await openDevice();
    const shape = [64, 3, 16, 16];
    const key = constant(Uint32Array.of(7, 0, 0, 0));
    const x = diffuse({
      x0: randomNormal(key, shape, 1),
      t: schedule.times(randomUniform(key, [64], 2)),
      noise: randomNormal(key, shape, 3),
    });
    const [variance] = await evaluate(reshape(mean(square(x)), [1]), {}, device);
    ok(Math.abs(variance - 1) < 0.02, `${variance}`);
  });
}
