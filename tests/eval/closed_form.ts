import { add, affine, constant, cos, embedding, mul, reshape, sin, type Tensor } from "../../engine/mod.ts";
import type { NoiseSchedule } from "../../eval/noise_schedules/noise_schedule.ts";
import type { Network } from "../../eval/uvit_network.ts";

/** The golden files' noise model, `x (0.3 + 0.5 t) + 0.2 sin(3 x) cos(2 t)`, in float64. */
export function closedForm(x: Float64Array, times: readonly number[]): Float64Array {
  return x.map((v, i) => {
    const t = times[Math.floor(i * times.length / x.length)];
    return v * (0.3 + 0.5 * t) + 0.2 * Math.sin(3 * v) * Math.cos(2 * t);
  });
}

/** The same as a network; a label shifts its prediction by a tenth of it, and 9 is none. */
export function closedFormNetwork(schedule: NoiseSchedule, labels = false): Network {
  return {
    predicts: "noise",
    no_label: labels ? 9 : null,
    predict(x, timesteps, y) {
      const column = (v: Tensor) => reshape(v, [-1, 1, 1, 1]);
      const t = column(affine(timesteps, 1 / schedule.timestep(1)));
      const noise = add(
        mul(x, affine(t, 0.5, 0.3)),
        mul(affine(sin(affine(x, 3)), 0.2), cos(affine(t, 2))),
      );
      return y ? add(noise, affine(column(labelValues(y)), 0.1, -0.9)) : noise;
    },
  };
}

/** Labels as numbers: the rows of a table that holds its own indices. */
function labelValues(labels: Tensor): Tensor {
  const table = constant(Float32Array.from({ length: 10 }, (_, i) => i), [10, 1]);
  return embedding(table, labels);
}
