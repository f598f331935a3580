import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { vpLinear } from "../../train/diffusion/vp_linear.ts";

const f = Math.fround;

/**
 * The linear schedule as single precision has it: near time 0, where `1 - alpha^2` cancels, sigma and
 * lambda are off by a thousandth, and so is what the golden files hold of samplers that go there.
 */
export function float32Schedule(): NoiseSchedule {
  const exact = vpLinear();
  const logAlpha = (t: number) =>
    f(f(f(-0.25 * f(f(t) * f(t))) * f(19.9)) - f(f(0.5 * f(t)) * f(0.1)));
  const variance = (t: number) => f(1 - f(Math.exp(f(2 * logAlpha(t)))));
  return {
    ...exact,
    logAlpha,
    alpha: (t) => f(Math.exp(logAlpha(t))),
    sigma: (t) => f(Math.sqrt(variance(t))),
    lambda: (t) => f(logAlpha(t) - f(0.5 * f(Math.log(variance(t))))),
    inverseLambda: (lambda) => f(exact.inverseLambda(f(lambda))),
  };
}
