import { counted } from "../engine/counted.ts";
import type { ImageGrid } from "../eval/image_sets/image_grid.ts";
import { chartSvg } from "../page/chart_svg.ts";
import { COLOURS } from "../page/colours.ts";
import { humanDuration } from "../page/human_units.ts";
import { shortNumber } from "../page/number_text.ts";
import { ThinnedSeries } from "../page/thinned_series.ts";
import type { LogEntry } from "../train/mod.ts";
import type { TrainingProgress } from "../train/train_loop.ts";
import { imageHtml } from "./image_html.ts";

/** What a notebook shows of a run: a line, the loss against steps, and the newest samples. */
export class TrainingView {
  readonly #average = new ThinnedSeries();
  readonly #losses = new ThinnedSeries();
  readonly #first: number;
  /** Where and when the first steps were done; what is before has compiled kernels. */
  #start: { readonly step: number; readonly seconds: number } | null = null;
  #progress: TrainingProgress | null = null;
  #seconds = 0;
  #samples = "";

  /** @param done steps done before */
  constructor(readonly n_steps: number, done: number) {
    this.#first = done;
  }

  /** Takes up where the run stands. @param seconds on a clock of the caller's */
  progress(progress: TrainingProgress, seconds: number): void {
    this.#average.add(progress.step, progress.loss);
    this.#start ??= { step: progress.step, seconds };
    this.#progress = progress;
    this.#seconds = seconds;
  }

  /** Takes up the loss of a step. */
  log({ step, loss }: LogEntry): void {
    this.#losses.add(step, loss);
  }

  /** Takes up images that were drawn after `step` steps. */
  samples(grid: ImageGrid, step: number): void {
    this.#samples =
      `<figure style="margin:0">${imageHtml(grid, `samples after ${counted(step, "step")}`)}` +
      `<figcaption>samples after ${counted(step, "step")}</figcaption></figure>`;
  }

  /** All of it as HTML. @param ended why the run goes on no further; empty while it does */
  html(ended = ""): string {
    return `<p>${this.#line(ended)}</p>` +
      `<div style="display:flex;flex-wrap:wrap;gap:1rem 2rem;align-items:flex-start">` +
      `<div style="flex:0 1 460px">${this.#chart()}</div>${this.#samples}</div>`;
  }

  #line(ended: string): string {
    if (!this.#progress) {
      return ended || "Kernels are compiled: some seconds, the first time longer.";
    }
    const { step, loss, lr, images_per_s } = this.#progress;
    const parts = [
      `<b>step ${step} of ${this.n_steps}</b>`,
      `loss ${loss.toFixed(4)}`,
      `learning rate ${shortNumber(lr)}`,
    ];
    if (images_per_s > 0) parts.push(`${shortNumber(Math.round(images_per_s))} images/s`);
    parts.push(ended || `${humanDuration(this.#left())} left`);
    return parts.join(" &middot; ");
  }

  /** Seconds left, grids and saves counted. */
  #left(): number {
    const { step } = this.#progress!;
    const { step: first, seconds } = this.#start!;
    return (this.n_steps - step) * (this.#seconds - seconds) / (step - first);
  }

  #chart(): string {
    const stretches = this.#average.stretches();
    if (stretches.length === 0) return "";
    const line = {
      name: "loss",
      colour: COLOURS[2],
      dashes: undefined,
      stretches,
      faint: this.#losses.stretches(),
    };
    return chartSvg([line], { label: "loss", log: true, steps: [this.#first, this.n_steps] });
  }
}
