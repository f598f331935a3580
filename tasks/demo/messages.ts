import type { Method, Settings } from "./settings.ts";

/** How images are drawn. */
export interface Drawing {
  /** Which class; null: each in turn. */
  readonly label: number | null;
  /** Strength of guidance. */
  readonly scale: number;
  /** Network evaluations per image. */
  readonly steps: number;
  /** Seed of the noise. */
  readonly seed: number;
}

/** A file by its name. */
export interface NamedFile {
  /** Without a folder. */
  readonly name: string;
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What the page asks of the worker: one thing at a time, and `stop` at any. */
export type Request =
  | { readonly ask: "open" }
  | { readonly ask: "train"; readonly settings: Settings }
  | { readonly ask: "go_on"; readonly run: string }
  | { readonly ask: "draw"; readonly run: string; readonly drawing: Drawing }
  | { readonly ask: "export"; readonly run: string }
  | { readonly ask: "import"; readonly files: readonly NamedFile[] }
  | { readonly ask: "remove"; readonly run: string }
  | { readonly ask: "stop" };

/** The adapter, as the page shows it. */
export interface AdapterFacts {
  /** Vendor, architecture and so on, as far as the browser says. */
  readonly name: string;
  /** The kernels that it is given: those for `software`, `integrated` or `discrete` adapters. */
  readonly kernels: string;
  /** Names and values of what decides further. */
  readonly features: readonly (readonly [name: string, value: string])[];
}

/** A saved run, as the page lists it. */
export interface RunSummary {
  /** Its name, unique. */
  readonly run: string;
  /** Steps done. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly n_steps: number;
  /** Its network in a few words: "LS, depth 4, width 128". */
  readonly network: string;
  /** Whether it can go on here; else the reason why not. */
  readonly goes_on: true | string;
  /** One name per class; none where it was trained without labels. */
  readonly class_names: readonly string[];
  /** Whether it has learned what guidance needs. */
  readonly guided: boolean;
}

/** Images to be shown. */
export interface ShownImages {
  /** `[n, C, H, W]`, 0 to 255. */
  readonly images: Uint8Array<ArrayBuffer>;
  /** C. */
  readonly channels: number;
  /** H and W, pixels. */
  readonly image_size: number;
  /** Which run drew them. */
  readonly run: string;
  /** After how many steps. */
  readonly step: number;
}

/** What the worker reports. */
export type Report =
  /** Whether runs outlive the page. */
  | { readonly is: "storage"; readonly keeps: boolean }
  /** The adapter is open. */
  | { readonly is: "ready"; readonly adapter: AdapterFacts }
  /** What a run can be. */
  | { readonly is: "offer"; readonly methods: readonly Method[]; readonly first: Settings }
  /** There is no WebGPU. */
  | { readonly is: "no_webgpu"; readonly has_api: boolean }
  /** What takes time now: "Compiling kernels: 12 ready". */
  | { readonly is: "doing"; readonly text: string }
  /** A run begins or goes on; `losses` are those so far, the last of step `step`. */
  | {
    readonly is: "started";
    readonly run: string;
    /** As in {@linkcode RunSummary}. */
    readonly network: string;
    readonly step: number;
    readonly n_steps: number;
    readonly losses: Float32Array<ArrayBuffer>;
  }
  /** Steps that were done. */
  | {
    readonly is: "trained";
    readonly step: number;
    readonly losses: Float32Array<ArrayBuffer>;
    readonly loss_average: number;
    /** NaN until known, as what follows. */
    readonly images_per_s: number;
    readonly seconds_left: number;
  }
  /** Images of the run in training, or as requested. */
  | { readonly is: "images"; readonly of: "training" | "drawing"; readonly images: ShownImages }
  | { readonly is: "runs"; readonly runs: readonly RunSummary[] }
  | { readonly is: "files"; readonly run: string; readonly files: readonly NamedFile[] }
  /** A request is done: the worker is free again. */
  | { readonly is: "done"; readonly text: string }
  | { readonly is: "failed"; readonly text: string };
