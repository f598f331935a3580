import { humanDuration } from "../../page/human_units.ts";

/** Where drawing stands. */
export interface SamplingProgress {
  /** Drawing, or decoding what is drawn. */
  readonly what: "drawing" | "decoding";
  /** Images drawn, parts of a batch included. */
  readonly done: number;
  /** Images to draw. */
  readonly total: number;
  /** Seconds since it began. */
  readonly seconds: number;
}

/** One line that says where drawing stands, and when it will be done. */
export function samplingLine({ what, done, total, seconds }: SamplingProgress): string {
  const rate = seconds > 0 ? done / seconds : 0;
  return [
    `${what}  ${Math.floor(done)}/${total} images  ${Math.floor(100 * done / total)}%`,
    ...(rate > 0
      ? [`${rate.toPrecision(2)} images/s`, `${humanDuration((total - done) / rate)} left`]
      : []),
  ].join("  ");
}
