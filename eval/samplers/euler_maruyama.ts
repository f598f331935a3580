/**
 * Euler steps of the probability-flow ODE of the variance-preserving process (Song et al., ICLR
 * 2021, equation 13): `dx/dt = -beta(t)/2 x - beta(t)/2 score(x, t)`, where the score is
 * `-noise / sqrt(1 - abar(t))`. It is the deterministic case of the reference's Euler-Maruyama.
 *
 * @module
 */
import { alphaBar, beta } from "../../train/vp_sde.ts";

/** One step `x_s = x * x_t + noise * predicted noise`, from time `t` to an earlier `s`. */
export interface OdeStep {
  readonly t: number;
  readonly x: number;
  readonly noise: number;
}

/** Smallest time but 0. */
const EPS = 1e-3;

/** The steps on the reference's grid, `[0] + linspace(1e-3, 1, steps)`, latest time first. */
export function eulerSteps(steps: number): OdeStep[] {
  const grid = [
    0,
    ...Array.from(
      { length: steps },
      (_, i) => steps === 1 ? EPS : EPS + (1 - EPS) * i / (steps - 1),
    ),
  ];
  return Array.from({ length: steps }, (_, k) => {
    const t = grid[steps - k];
    const dt = grid[steps - k - 1] - t;
    const half = beta(t) / 2;
    return { t, x: 1 - half * dt, noise: half * dt / Math.sqrt(1 - alphaBar(t)) };
  });
}
