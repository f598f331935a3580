import { counted } from "../../engine/counted.ts";
import { dpmAdaptive } from "./dpm_adaptive.ts";
import { fastIntervals, fixedIntervals } from "./dpm_intervals.ts";
import { multistepMethod } from "./dpm_multistep.ts";
import { dpmSinglestep, type SolverOrder } from "./dpm_singlestep.ts";
import { type Prediction, programMethod } from "./program.ts";
import type { DpmVariant, SamplerEntry, SamplerSettings } from "./sampler_entry.ts";

/** DPM-Solver (Lu et al., NeurIPS 2022), which takes the network's prediction to be the noise. */
export const dpmSolverSampler: SamplerEntry = /* @__PURE__ */ dpmSampler("noise", "fast");

/** DPM-Solver++ (Lu et al., 2022), which takes the network's prediction to be the image. */
export const dpmSolverPpSampler: SamplerEntry = /* @__PURE__ */ dpmSampler("data", "multistep");

function dpmSampler(prediction: Prediction, ownVariant: DpmVariant): SamplerEntry {
  return {
    options: {
      variant: ownVariant,
      order: { help: "3, and 2 for multistep", from: ownOrder },
      grid: {
        help: "log_snr",
        from: ({ variant }) => variant === "adaptive" ? null : "log_snr",
      },
    },
    problems,
    method(schedule, { variant, order, grid, steps, t_end }) {
      if (variant === "adaptive") {
        return dpmAdaptive(schedule, { prediction, order: order as 2 | 3, t_end });
      }
      if (variant === "multistep") {
        return multistepMethod(schedule, { prediction, order, grid, steps, t_end });
      }
      const intervals = variant === "fast" ? fastIntervals : fixedIntervals;
      return programMethod(
        dpmSinglestep(schedule, intervals(schedule, { order, steps, grid, t_end }), { prediction }),
      );
    },
  };
}

function ownOrder({ variant, steps }: SamplerSettings): SolverOrder {
  if (variant === "multistep" || steps === 2 && variant !== "adaptive") return 2;
  return steps === 1 && variant !== "adaptive" ? 1 : 3;
}

function problems(
  { variant, order, steps }: SamplerSettings,
  requested: SamplerSettings,
): string[] {
  const lines: string[] = [];
  if (variant === "adaptive") {
    if (order === 1) lines.push("order: adaptive compares two orders; take 2 or 3");
    if (requested.grid !== null) {
      lines.push("grid: adaptive finds its own times; leave it out");
    }
  }
  if ((variant === "fast" || variant === "singlestep") && steps < order!) {
    lines.push(
      `steps: an interval of order ${order} takes ${counted(order!, "step")}, not ${steps}`,
    );
  }
  return lines;
}
