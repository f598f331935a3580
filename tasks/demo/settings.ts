import type { SkipScaling } from "../../nets/skip_scaling.ts";

/** What the page lets choose of a run; all else is as in `deno task train`. */
export interface Settings {
  /** How long skips are scaled. */
  readonly scalelong: SkipScaling;
  /** Base of the constant scaling. */
  readonly kappa: number;
  /** Blocks of the network; a skip for every two. */
  readonly depth: number;
  /** Numbers of each token. */
  readonly embed_dim: number;
  /** Images per step. */
  readonly batch_size: number;
  /** Steps of the whole run. */
  readonly n_steps: number;
  /** Steps between two times that the run is saved and its images are drawn. */
  readonly save_interval: number;
}

/** A number of the settings. */
export type NumberName = Exclude<keyof Settings, "scalelong">;

/** The smallest and largest of each number, and what it must be a multiple of; null: of nothing. */
export const RANGES: Readonly<Record<NumberName, readonly [number, number, number | null]>> = {
  kappa: [0.05, 1, null],
  depth: [2, 16, 2],
  embed_dim: [32, 512, 32],
  batch_size: [1, 512, 1],
  n_steps: [1, 100_000, 1],
  save_interval: [1, 100_000, 1],
};

/** What each number is called on the page. */
export const LABELS: Readonly<Record<NumberName, string>> = {
  kappa: "Kappa",
  depth: "Depth",
  embed_dim: "Width",
  batch_size: "Batch",
  n_steps: "Steps",
  save_interval: "Save every",
};

/** A way to scale long skips, as the page offers it. */
export interface Method {
  /** Its number, as `--scalelong` takes it. */
  readonly number: SkipScaling;
  /** Its name and what it does. */
  readonly text: string;
  /** Whether kappa is a setting of it. */
  readonly uses_kappa: boolean;
}
