import type { Settings } from "./fields.ts";
import { DEFAULT_SOLVER } from "./solver_config.ts";

/** What data tell of settings that are left out. */
export interface DataFacts {
  /** Their number of classes, where mode or number of classes is to follow from it; else null. */
  readonly classes: number | null;
  /** Of latents: their shape, and what they are multiplied by for the network; else null. */
  readonly latents: {
    readonly channels: number;
    readonly size: number;
    readonly scale_factor: number | null;
  } | null;
}

/** No settings follow from data. */
export const NO_FACTS: DataFacts = { classes: null, latents: null };

/**
 * Settings that follow from those `given` where they are left out: both image sizes are one, texts or a
 * number of classes tell the mode, and the mode the number of classes and the guidance of samples.
 * Latents tell image size, channels and factor, and are not clipped. How a sampler works is not how
 * another does.
 *
 * @param base every setting, as it is without those given
 * @param facts of the data
 * @returns settings by full name, none of which is given
 */
export function impliedSettings(
  given: Settings,
  base: Settings,
  { classes, latents }: DataFacts = NO_FACTS,
): Settings {
  const implied: Settings = new Map();
  const imply = (path: string, value: unknown) => {
    if (value !== undefined && !given.has(path)) implied.set(path, value);
  };
  imply("dataset.image_size", given.get("nnet.img_size") ?? latents?.size);
  imply("nnet.img_size", given.get("dataset.image_size") ?? latents?.size);
  imply("nnet.in_chans", latents?.channels);
  imply("autoencoder.scale_factor", latents?.scale_factor ?? undefined);
  const algorithm = given.get("sample.algorithm") ?? base.get("sample.algorithm");
  if (algorithm !== base.get("sample.algorithm")) {
    const set = Object.keys(DEFAULT_SOLVER).map((name) => `sample.${name}`)
      .filter((path) => (base.get(path) ?? null) !== null);
    for (const path of set) imply(path, null);
  }
  // Pixels have a range that they can be clipped to, latents have none.
  const dataset = given.get("dataset.name") ?? base.get("dataset.name");
  if (dataset === "features" && base.get("sample.clip_denoised")) {
    imply("sample.clip_denoised", false);
  }

  const rows = given.get("nnet.num_classes");
  if (isText(given, base)) {
    imply("train.mode", "cond");
    imply("nnet.num_classes", -1);
    return implied;
  }
  if (base.get("nnet.clip_dim") ?? false) imply("nnet.clip_dim", null);
  if (Number(base.get("nnet.text_depth") ?? 0) > 0) imply("nnet.text_depth", 0);
  if (rows !== undefined) imply("train.mode", rows === -1 ? "uncond" : "cond");
  else if (classes !== null) imply("train.mode", classes > 1 ? "cond" : "uncond");

  const mode = given.get("train.mode") ?? implied.get("train.mode");
  if (mode === "uncond") {
    imply("nnet.num_classes", -1);
    imply("sample.scale", 0);
  } else if (classes !== null) {
    const dropped = Number(given.get("train.p_uncond") ?? base.get("train.p_uncond")) > 0 ? 1 : 0;
    imply("nnet.num_classes", classes + dropped);
  }
  return implied;
}

/** Whether the network is one of texts, by what is given or, where nothing speaks against it, its base. */
function isText(given: Settings, base: Settings): boolean {
  const clip_dim = given.get("nnet.clip_dim");
  if (clip_dim !== undefined) return clip_dim !== null;
  const isOther = given.get("train.mode") === "uncond" ||
    (given.get("nnet.num_classes") ?? -1) !== -1;
  return !isOther && typeof base.get("nnet.clip_dim") === "number";
}

/**
 * Whether settings follow from the data: those are latents; or mode and number of classes are left out,
 * and the data are a folder, or labels are asked for that the preset does not have.
 *
 * @param given as in {@linkcode impliedSettings}
 * @param preset every setting of the preset
 */
export function followsData(given: Settings, preset: Settings): boolean {
  // An autoencoder learns images alone.
  if ((given.get("nnet.name") ?? preset.get("nnet.name")) === "autoencoder") return false;
  const mode = given.get("train.mode");
  const dataset = given.get("dataset.name") ?? preset.get("dataset.name");
  if (dataset === "features") return true;
  if (given.has("nnet.num_classes") || mode === "uncond" || isText(given, preset)) return false;
  const isLabelled = mode === "cond" || preset.get("train.mode") === "cond";
  return dataset === "folder"
    ? isLabelled || preset.get("dataset.name") === "folder"
    : mode === "cond" && preset.get("train.mode") === "uncond";
}
