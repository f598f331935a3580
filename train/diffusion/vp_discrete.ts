import { type NoiseSchedule, noiseSchedule } from "./noise_schedule.ts";

/** `n` rates from `first` to `last` in equal steps: Ho et al., "DDPM", NeurIPS 2020. */
export function linearBetas({ first = 1e-4, last = 0.02, n = 1000 }: BetaRange = {}): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => between(first, last, i / (n - 1)));
}

/** `n` rates whose roots go in equal steps: what Stable Diffusion is trained with. */
export function scaledLinearBetas(
  { first = 0.00085, last = 0.012, n = 1000 }: BetaRange = {},
): Float64Array {
  return linearBetas({ first: Math.sqrt(first), last: Math.sqrt(last), n }).map((b) => b * b);
}

/** The first and the last of `n` rates. */
export interface BetaRange {
  readonly first?: number;
  readonly last?: number;
  /** At least 2. */
  readonly n?: number;
}

/**
 * A process of N steps with rates `betas`, continued between them: step `i` (from 1) is time `i / N`,
 * where `alpha^2` is the product of `1 - beta` so far, and `log alpha` is linear between steps (Lu
 * et al., "DPM-Solver", NeurIPS 2022, appendix). A network is told `N t`.
 *
 * @param name for records
 * @throws {RangeError} where a rate is not between 0 and 1
 */
export function vpDiscrete(betas: ArrayLike<number>, name: string): NoiseSchedule {
  const n = betas.length;
  // Knot 0 is the image itself.
  const logs = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    if (!(betas[i] > 0 && betas[i] < 1)) {
      throw new RangeError(`${name}: rate ${i} is ${betas[i]}; rates lie between 0 and 1`);
    }
    logs[i + 1] = logs[i] + Math.log1p(-betas[i]) / 2;
  }
  const stretchAt = (t: number) => Math.min(Math.max(Math.ceil(t * n), 1), n);
  return noiseSchedule({
    name,
    t_min: 1 / n,
    t_max: 1,
    logAlpha(t) {
      const i = stretchAt(t);
      return between(logs[i - 1], logs[i], t * n - (i - 1));
    },
    beta(t) {
      const i = stretchAt(t);
      return -2 * n * (logs[i] - logs[i - 1]);
    },
    inverseLogAlpha(log_alpha) {
      let low = 1;
      for (let high = n; low < high;) {
        const middle = (low + high) >> 1;
        if (logs[middle] > log_alpha) low = middle + 1;
        else high = middle;
      }
      return (low - 1 + (log_alpha - logs[low - 1]) / (logs[low] - logs[low - 1])) / n;
    },
    timestep: (t) => t * n,
  });
}

function between(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
