import {
  add,
  affine,
  constant,
  cos,
  embedding,
  mul,
  reshape,
  sin,
  type Tensor,
} from "../../engine/mod.ts";
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import type { Network } from "../../eval/trained_network.ts";

/** The golden files' noise model, `x (0.3 + 0.5 t) + 0.2 sin(3 x) cos(2 t)`, in float64. */
export function closedForm(x: Float64Array, times: readonly number[]): Float64Array {
  return x.map((v, i) => {
    const t = times[Math.floor(i * times.length / x.length)];
    return v * (0.3 + 0.5 * t) + 0.2 * Math.sin(3 * v) * Math.cos(2 * t);
  });
}

/** What label 9 stands for in {@linkcode closedFormNetwork}: none. */
const NO_LABEL = 9;

/** The same as a network; one with labels adds a tenth of how far the label is from "none". */
export function closedFormNetwork(schedule: NoiseSchedule, labels = false): Network {
  const column = (v: Tensor) => reshape(v, [-1, 1, 1, 1]);
  return {
    predicts: "noise",
    conditioning: labels ? { kind: "label", labels: NO_LABEL + 1 } : { kind: "none" },
    predict(x, timesteps, y) {
      const t = column(affine(timesteps, 1 / schedule.timestep(1)));
      const wave = mul(affine(sin(affine(x, 3)), 0.2), cos(affine(t, 2)));
      const noise = add(mul(x, affine(t, 0.5, 0.3)), wave);
      return y ? add(noise, column(shiftOf(y))) : noise;
    },
  };
}

function shiftOf(labels: Tensor): Tensor {
  const shifts = Float32Array.from({ length: 10 }, (_, label) => (label - NO_LABEL) / 10);
  return embedding(constant(shifts, [10, 1]), labels);
}
