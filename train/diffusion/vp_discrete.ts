import type { z } from "zod";
import { affine, constant, mul, reshape, step, sub, sum, type Tensor } from "../../engine/mod.ts";
import { type NoiseSchedule, noiseSchedule } from "./noise_schedule.ts";

/**
 * The names that `beta_spacing` takes.
 * @category Diffusion
 */
export const BETA_SPACINGS = ["linear", "scaled_linear"] as const;

/**
 * One of {@linkcode BETA_SPACINGS}.
 * @category Diffusion
 */
export type BetaSpacing = typeof BETA_SPACINGS[number];

/**
 * The numbers of {@linkcode spacedDiscrete}.
 * @category Diffusion
 */
export interface VpDiscreteNumbers {
  /** How the rates go from the first to the last. */
  beta_spacing: BetaSpacing;
  /** The first step's rate. */
  beta_first: number;
  /** The last step's rate. */
  beta_last: number;
  /** Number of steps, N. */
  beta_steps: number;
}

/** Those of DDPM. */
export const VP_DISCRETE: VpDiscreteNumbers = {
  beta_spacing: "linear",
  beta_first: 1e-4,
  beta_last: 0.02,
  beta_steps: 1000,
};

/** The numbers of {@linkcode spacedDiscrete} as settings, without their defaults. */
export function vpDiscreteFields(
  { enum: oneOf, number, int }: Pick<typeof z, "enum" | "number" | "int">,
): { readonly [K in keyof VpDiscreteNumbers]: z.ZodType<VpDiscreteNumbers[K]> } {
  const rate = number().gt(0).lt(1);
  return {
    beta_spacing: oneOf(BETA_SPACINGS).describe(
      "schedule=vp_discrete: equal steps of the rates (DDPM) or of their roots (Stable Diffusion)",
    ),
    beta_first: rate.describe(
      "schedule=vp_discrete: variance of the first step's noise, between 0 and 1; Stable Diffusion: 0.00085",
    ),
    beta_last: rate.describe(
      "schedule=vp_discrete: variance of the last step's noise, between 0 and 1; Stable Diffusion: 0.012",
    ),
    beta_steps: int().min(2)
      .describe("schedule=vp_discrete: number of steps N, at least 2; step n is t = n / N"),
  };
}

/**
 * The first and the last of `n` rates.
 * @category Diffusion
 */
export interface BetaRange {
  /** The first rate. */
  readonly first?: number;
  /** The last rate. */
  readonly last?: number;
  /** Number of rates, at least 2. */
  readonly n?: number;
}

/**
 * `n` rates from `first` to `last` in equal steps (Ho et al., "Denoising Diffusion Probabilistic
 * Models", NeurIPS 2020, section 4).
 * @category Diffusion
 */
export function linearBetas({ first = 1e-4, last = 0.02, n = 1000 }: BetaRange = {}): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => between(first, last, i / (n - 1)));
}

/**
 * `n` rates whose square roots are equally spaced, as Stable Diffusion is trained with.
 * @category Diffusion
 */
export function scaledLinearBetas(
  { first = 0.00085, last = 0.012, n = 1000 }: BetaRange = {},
): Float64Array {
  return linearBetas({ first: Math.sqrt(first), last: Math.sqrt(last), n }).map((b) => b * b);
}

const BETAS: Readonly<Record<BetaSpacing, (range: BetaRange) => Float64Array>> = {
  linear: linearBetas,
  scaled_linear: scaledLinearBetas,
};

/**
 * {@linkcode vpDiscrete} with equally spaced rates, or rates with equally spaced roots.
 * @category Diffusion
 */
export function spacedDiscrete(
  { beta_spacing, beta_first: first, beta_last: last, beta_steps: n }: VpDiscreteNumbers,
): NoiseSchedule {
  const name = `vp_discrete(${beta_spacing}, ${first}, ${last}, ${n})`;
  return vpDiscrete(BETAS[beta_spacing]({ first, last, n }), name);
}

/**
 * A process of N steps with rates `betas`, continued between them: step `i` (from 1) is time `i / N`,
 * where `alpha^2` is the product of `1 - beta` so far (Ho et al., "Denoising Diffusion Probabilistic
 * Models", NeurIPS 2020, equation 4), and `log alpha` is linear between steps (Lu et al.,
 * "DPM-Solver", NeurIPS 2022, appendix). The network timestep is `N t`. Training draws one of the N
 * steps with equal probability; its graph has the step nearest to a time.
 *
 * @param name for records
 * @throws {RangeError} where a rate is not between 0 and 1
 * @category Diffusion
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
  const intervalAt = (t: number) => Math.min(Math.max(Math.ceil(t * n), 1), n);
  return noiseSchedule({
    name,
    t_min: 1 / n,
    t_max: 1,
    timestep_scale: n,
    logAlpha(t) {
      const i = intervalAt(t);
      return between(logs[i - 1], logs[i], t * n - (i - 1));
    },
    beta(t) {
      const i = intervalAt(t);
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
    times: (uniform) => lookUp(Float64Array.from(betas, (_, i) => (i + 1) / n), affine(uniform, n)),
    factors(t) {
      const knot = affine(t, n, 0.5);
      return {
        alpha: reshape(lookUp(logs.map(Math.exp), knot), [-1, 1, 1, 1]),
        sigma: reshape(
          lookUp(logs.map((log) => Math.sqrt(-Math.expm1(2 * log))), knot),
          [-1, 1, 1, 1],
        ),
      };
    },
  });
}

/** `table[floor(x)]` of numbers `x` `[n]` clamped to the table: a sum with one term that is not 0. */
function lookUp(table: Float64Array, x: Tensor): Tensor {
  const rows = table.length;
  const column = reshape(x, [-1, 1]);
  const below = (bound: (row: number) => number) => {
    const bounds = Float32Array.from(table, (_, row) => bound(row));
    return step(sub(constant(bounds, [1, rows]), column));
  };
  // What rounds up to the end of the table is still its last row.
  const beforeEnd = below((row) => row < rows - 1 ? row + 1 : 2 * rows);
  const chosen = sub(beforeEnd, below((row) => row));
  return sum(mul(chosen, constant(Float32Array.from(table), [1, rows])), [1]);
}

function between(a: number, b: number, fraction: number): number {
  return a + (b - a) * fraction;
}
