import { SKIP_SCALINGS } from "../../../nets/skip_scaling.ts";
import type { MetadataParsers } from "../../../train/checkpoints/checkpoint_files.ts";
import type { Config } from "../../../train/config/config.ts";
import { quickstart, quickstart_unet } from "../../../train/config/quickstart.ts";
import type { DataIdentity } from "../../../train/data/data_identity.ts";
import { FIRST_LOSS_SCALE } from "../../../train/loss_scale.ts";

const DATA: DataIdentity = {
  class_names: [""],
  class_counts: [0],
  class_digests: [""],
  digest: "",
};

/**
 * Parses metadata by their likeness to what a run of today has: the same names, each with a value of
 * the same type. The commands check ranges and rules between fields too, with what would be a fifth of
 * the page; here the weights must be those of the configuration's network.
 */
export const LIGHT_PARSERS: MetadataParsers = {
  config: (text) => configOf(JSON.parse(text)),
  loss_scale: (text) => mustBeLike(JSON.parse(text), FIRST_LOSS_SCALE),
  loss_average: (text) => mustBeLike(JSON.parse(text), { sum: 0, weight: 0 }),
  data: (text) => mustBeLike(JSON.parse(text), DATA),
};

function configOf(value: Partial<Config>): Config {
  const example = value.nnet?.name === "unet" ? quickstart_unet : quickstart;
  const config = mustBeLike<Config>(withLater(value), example);
  const { scalelong } = config.nnet;
  if (!SKIP_SCALINGS.some(({ number }) => number === scalelong)) {
    throw new TypeError(`there is no method ${scalelong}`);
  }
  return config;
}

/** With what runs of before lack. The order stays: a run that goes on writes the same text. */
function withLater(value: Partial<Config>): Partial<Config> {
  const { autoencoder, text_encoder, process, eval: evaluation } = quickstart;
  const { clip_dim, num_clip_token, text_depth, text_heads } = quickstart.nnet;
  const texts = { clip_dim, num_clip_token, text_depth, text_heads };
  const { nnet } = value;
  const lacking = nnet?.name === "uvit"
    ? Object.entries(texts).filter(([name]) => !Object.hasOwn(nnet, name))
    : [];
  return {
    ...value,
    autoencoder: value.autoencoder ?? autoencoder,
    text_encoder: value.text_encoder ?? text_encoder,
    process: value.process ?? process,
    eval: value.eval ?? evaluation,
    nnet: { ...nnet, ...Object.fromEntries(lacking) } as Config["nnet"],
  };
}

/** The value. @throws {TypeError} where it is unlike the example */
function mustBeLike<T>(value: unknown, example: T): T {
  if (!isLike(value, example)) throw new TypeError("unlike what a run of today has");
  return value as T;
}

function isLike(value: unknown, example: unknown): boolean {
  // What may be null may be a number or a text instead.
  if (example === null) return value === null || typeof value !== "object";
  if (Array.isArray(example)) {
    return Array.isArray(value) && value.every((one) => isLike(one, example[0]));
  }
  if (typeof example !== "object") return typeof value === typeof example;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const [names, expected] = [value, example].map((one) => Object.keys(one as object).sort());
  if (String(names) !== String(expected)) return false;
  const at = (one: unknown, name: string) => (one as Record<string, unknown>)[name];
  return names.every((name) => isLike(at(value, name), at(example, name)));
}
