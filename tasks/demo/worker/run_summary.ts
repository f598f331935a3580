import { counted } from "../../../engine/counted.ts";
import { networkClasses } from "../../../eval/network_classes.ts";
import { skipScaling } from "../../../nets/skip_scaling.ts";
import type { RunSummary } from "../messages.ts";
import type { SavedOutline } from "./run_store.ts";

export type { RunSummary };

/** A saved run, as the page lists it. */
export function summaryOf(run: string, { step, config, class_names }: SavedOutline): RunSummary {
  const { train: { n_steps, p_uncond }, nnet, dataset } = config;
  const { name, uses_kappa } = skipScaling(nnet.scalelong);
  const classes = networkClasses(config);
  const sizes = nnet.name === "uvit"
    ? [`depth ${nnet.depth}`, `width ${nnet.embed_dim}`]
    : [`UNet, ${counted(nnet.ch, "channel")}`];
  return {
    run,
    step,
    n_steps,
    network: [name, ...uses_kappa ? [`kappa ${nnet.kappa}`] : [], ...sizes].join(", "),
    goes_on: dataset.name !== "shapes"
      ? `its training images (${dataset.name}) are not in this page; it draws images only`
      : step >= n_steps
      ? `all ${n_steps} steps are done`
      : true,
    class_names: Array.from({ length: classes }, (_, i) => class_names[i] ?? `class ${i}`),
    guided: classes > 0 && p_uncond > 0,
  };
}
