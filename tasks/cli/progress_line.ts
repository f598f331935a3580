import type { TrainingProgress } from "../../train/train_loop.ts";
import { humanBytes, humanDuration } from "../../page/human_units.ts";

/** One line on the progress of a training run, with the time left. */
export function progressLine(progress: TrainingProgress): string {
  const { step, n_steps, loss, lr, grad_norm, images_per_s, steps_per_s } = progress;
  const left = humanDuration((n_steps - step) / steps_per_s);
  return [
    `step ${String(step).padStart(String(n_steps).length)}/${n_steps}`,
    `loss ${loss.toFixed(4)}`,
    `lr ${lr.toExponential(2)}`,
    `grad ${grad_norm.toPrecision(3)}`,
    `${rate(images_per_s)} images/s`,
    `${left} left`,
  ].join("  ");
}

function rate(images_per_s: number): string {
  if (Number.isNaN(images_per_s)) return "?";
  return images_per_s >= 10 ? String(Math.round(images_per_s)) : images_per_s.toFixed(1);
}

/** Progress of other work: a download, images being decoded. */
export interface WorkProgress {
  /** The work: `downloading cifar-10-binary.tar.gz`. */
  what: string;
  /** How much is done, in `unit`. */
  done: number;
  /** The total, in `unit`; NaN where it is unknown. */
  total: number;
  /** The unit of the amounts: `bytes`, `files`. */
  unit: string;
  /** Seconds since it started. */
  seconds: number;
}

/** One line on the progress of some work, with the time left where the total is known. */
export function workLine({ what, done, total, unit, seconds }: WorkProgress): string {
  const amount = (n: number) => unit === "bytes" ? humanBytes(n) : `${Math.round(n)} ${unit}`;
  const rate = seconds > 0 ? done / seconds : 0;
  const parts = [amount(done)];
  if (total > 0) {
    parts[0] = `${unit === "bytes" ? humanBytes(done) : Math.round(done)} of ${amount(total)}`;
    parts.push(`${Math.floor(100 * Math.min(1, done / total))}%`);
  }
  const slow = unit !== "bytes" && rate < 10;
  if (rate > 0) parts.push(`${slow ? `${rate.toPrecision(2)} ${unit}` : amount(rate)}/s`);
  if (rate > 0 && total > 0) parts.push(`${humanDuration((total - done) / rate)} left`);
  return `${what}  ${parts.join("  ")}`;
}
