import type { Config } from "./config.ts";

/**
 * The settings that decide about the learning rate.
 * @category Configuration
 */
export type RateSettings = Pick<Config, "optimizer" | "lr_scheduler"> & {
  readonly train: Pick<Config["train"], "n_steps">;
};

/**
 * The learning rate of step `step`, counted from 0. It grows linearly over the warm-up
 * steps, so that of the first is 0; then "customized" stays at `optimizer.lr`, and "cosine" falls
 * along half a cosine to 0 at `train.n_steps`.
 * @category Configuration
 */
export function learningRate(config: RateSettings, step: number): number {
  const { name, warmup_steps } = config.lr_scheduler;
  const { lr } = config.optimizer;
  if (step < warmup_steps) return lr * (step / warmup_steps);
  if (name === "customized") return lr;
  const left = config.train.n_steps - warmup_steps;
  const done = left > 0 ? Math.min((step - warmup_steps) / left, 1) : 1;
  return lr * 0.5 * (1 + Math.cos(Math.PI * done));
}
