import { counted } from "../../engine/counted.ts";
import { TOKEN_BYTES } from "../../nets/byte_tokens.ts";
import { type Conditioning, conditioningOf, takesTexts } from "../../nets/conditioning.ts";
import { GROUP_NORM } from "../../nets/resnet_block.ts";
import { isAutoencoderRun, type RunConfig } from "./autoencoder_run_config.ts";
import type { Config, UNetNnetConfig, UVitNnetConfig } from "./config.ts";
import { latentProblems } from "./latent_rules.ts";
import { UsageError } from "./usage_error.ts";

/** Facts of a data set that a configuration must match. */
export interface DatasetTraits {
  /** Channels of its images. */
  channels: number;
  /** Height and width, pixels. */
  image_size: number;
  /** Number of classes of its labels. */
  classes: number;
  /** Number of its images. */
  images: number;
  /** What latents are multiplied by for the network; null where not known, absent for images. */
  scale_factor?: number | null;
  /** What its captions are; null or absent where there are none. */
  captions?:
    | { readonly kind: "contexts"; readonly shape: readonly [tokens: number, width: number] }
    | { readonly kind: "texts" }
    | null;
}

/**
 * The rules between fields that `config` breaks, one line each with what to set instead; empty for a
 * valid configuration.
 */
export function contradictions(config: Config): string[] {
  const { train, nnet, dataset, sample } = config;
  const problems = nnet.name === "uvit" ? uvitProblems(nnet) : unetProblems(nnet);
  if (dataset.image_size !== nnet.img_size) {
    problems.push(
      `dataset.image_size: images are resized to ${dataset.image_size} pixels, but the network ` +
        `expects ${nnet.img_size}; give dataset.image_size and nnet.img_size the same value`,
    );
  }
  const { n_samples, final_n_samples } = config.eval.fid;
  if (n_samples === 1 || final_n_samples === 1) {
    problems.push(
      `eval.fid.${
        n_samples === 1 ? "n_samples" : "final_n_samples"
      }: one image has no covariance; ` +
        "draw 2 at least (thousands, for a meaningful FID), or set eval.fid.n_samples=0 for none",
    );
  }
  if (train.batch_size % train.micro_batches !== 0) {
    problems.push(
      `train.micro_batches: a batch of ${train.batch_size} cannot be split into ` +
        `${train.micro_batches} equal parts; take a divisor of ${train.batch_size}`,
    );
  }
  const conditioning = conditioningOf(nnet);
  const isText = takesTexts(conditioning);
  if (train.mode === "uncond" && isText) {
    problems.push(
      "nnet.clip_dim: the embedding of texts has no use with train.mode=uncond; set " +
        "nnet.clip_dim=null or train.mode=cond",
    );
  }
  if (train.mode === "uncond" && nnet.num_classes !== -1) {
    problems.push(
      `nnet.num_classes: ${nnet.num_classes} label embeddings have no use with ` +
        `train.mode=uncond; set nnet.num_classes=-1 or train.mode=cond`,
    );
  }
  if (conditioning.kind !== "tokens" && config.text_encoder.weights !== null) {
    problems.push(
      "text_encoder.weights: encodes texts for a network that takes contexts of them " +
        "(nnet.clip_dim), which this one does not; leave it out",
    );
  }
  if (isText && nnet.num_classes !== -1) {
    problems.push(
      `nnet.num_classes: a network of texts (nnet.clip_dim) takes no labels; set ` +
        `nnet.num_classes=-1 or nnet.clip_dim=null`,
    );
  }
  if (train.mode === "cond" && conditioning.kind === "none") {
    problems.push(
      `nnet.num_classes: train.mode=cond needs label embeddings, but -1 means none; ` +
        `give the number of classes${train.p_uncond > 0 ? " plus 1 for the dropped label" : ""}`,
    );
  }
  if (train.mode === "cond" && sample.scale > 0 && train.p_uncond === 0) {
    problems.push(
      `sample.scale: guidance of strength ${sample.scale} needs a network that has also learned ` +
        `without labels; set train.p_uncond=0.1, say, or sample.scale=0`,
    );
  }
  return [...problems, ...latentProblems(config)];
}

/**
 * Checks a configuration against a data set: channels, image size, numbers of classes and images.
 * When labels are dropped, label `num_classes - 1` stands for "none", so `num_classes` is one more
 * than the classes.
 *
 * @throws {UsageError} with a line for each mismatch
 */
export function checkAgainstDataset(config: RunConfig, traits: DatasetTraits): void {
  const { nnet, dataset } = config;
  const problems: string[] = [];
  if (traits.channels !== nnet.in_chans) {
    problems.push(
      `nnet.in_chans: the images of ${dataset.name} have ${counted(traits.channels, "channel")}, ` +
        `not ${nnet.in_chans}; set nnet.in_chans=${traits.channels}`,
    );
  }
  if (traits.image_size !== nnet.img_size) {
    problems.push(
      `nnet.img_size: the images of ${dataset.name} are ${traits.image_size} pixels wide and ` +
        `high, not ${nnet.img_size}; set nnet.img_size and dataset.image_size ` +
        `to ${traits.image_size}`,
    );
  }
  if (!isAutoencoderRun(config)) problems.push(...diffusionProblems(config, traits));
  if (problems.length > 0) throw new UsageError(problems);
}

/** Why a diffusion model cannot be trained on a data set whose images have the right shape. */
function diffusionProblems(config: Config, traits: DatasetTraits): string[] {
  const { train, nnet, dataset } = config;
  const problems: string[] = [];
  const { scale_factor } = config.autoencoder;
  if (typeof traits.scale_factor === "number" && traits.scale_factor !== scale_factor) {
    problems.push(
      `autoencoder.scale_factor: the latents of ${dataset.name} were made for ` +
        `${traits.scale_factor}, not ${scale_factor}; leave it out, or set it to that`,
    );
  }
  const conditioning = conditioningOf(nnet);
  if (train.mode === "cond" && conditioning.kind === "label") {
    const dropped = train.p_uncond > 0 ? 1 : 0;
    const required = traits.classes + dropped;
    // Without dropping, the spare embedding of a guided setting does no harm.
    const fits = nnet.num_classes === required || (!dropped && nnet.num_classes === required + 1);
    if (!fits) {
      problems.push(
        `nnet.num_classes: ${dataset.name} has ${counted(traits.classes, "class", "classes")}` +
          (dropped ? ", and dropped labels need one more" : "") +
          `, but num_classes is ${nnet.num_classes}; set nnet.num_classes=${required}`,
      );
    }
  }
  problems.push(...captionProblems(conditioning, traits, dataset.name));
  const { n_samples, stats } = config.eval.fid;
  if (n_samples > 0 && stats === null && traits.images < 2) {
    problems.push(
      `eval.fid.n_samples: FID takes two images of the data at least, and ${dataset.name} has ` +
        `${traits.images}; set it to 0 for no FID, or compare with eval.fid.stats=FILE.npz`,
    );
  }
  return problems;
}

/** Why a network of texts cannot be trained on the captions of a data set. */
function captionProblems(
  conditioning: Conditioning,
  { captions }: Pick<DatasetTraits, "captions">,
  name: string,
): string[] {
  if (conditioning.kind !== "tokens" && conditioning.kind !== "text") return [];
  if (!captions) {
    return [
      `nnet.clip_dim: the network takes texts, and ${name} has no captions; set ` +
      "nnet.clip_dim=null for one without, or take images with captions or features of them",
    ];
  }
  if (conditioning.kind === "text") {
    return captions.kind === "texts" ? [] : [
      `nnet.text_depth: the captions of ${name} are encoded, and the network's own text encoder reads ` +
      "texts; set nnet.text_depth=0",
    ];
  }
  if (captions.kind === "texts") {
    return [
      `nnet.text_depth: the captions of ${name} are texts, and a network without a text encoder takes ` +
      "encoded ones; set nnet.text_depth=2, say, or make features of the images",
    ];
  }
  const { tokens, width } = conditioning;
  const [found, found_width] = captions.shape;
  if (found === tokens && found_width === width) return [];
  return [
    `nnet.clip_dim: the captions of ${name} are ${found} tokens of ${found_width} numbers, not ` +
    `${tokens} of ${width}; set nnet.num_clip_token=${found} and nnet.clip_dim=${found_width}`,
  ];
}

function uvitProblems(nnet: UVitNnetConfig): string[] {
  const problems: string[] = [];
  const { text_depth, text_heads, clip_dim } = nnet;
  if (text_depth > 0 && clip_dim === null) {
    problems.push(
      "nnet.text_depth: a text encoder makes tokens of a width; set nnet.clip_dim=64, say, or " +
        "nnet.text_depth=0",
    );
  }
  const parts = [text_heads, TOKEN_BYTES];
  if (text_depth > 0 && clip_dim !== null && parts.some((n) => clip_dim % n !== 0)) {
    let width = clip_dim;
    while (parts.some((n) => width % n !== 0)) width++;
    problems.push(
      `nnet.clip_dim: ${clip_dim} cannot be divided among ${text_heads} heads and the ` +
        `${TOKEN_BYTES} bytes of a token; take ${width}, or other nnet.text_heads`,
    );
  }
  if (nnet.embed_dim % nnet.num_heads !== 0) {
    problems.push(
      `nnet.embed_dim: ${nnet.embed_dim} cannot be divided among ${nnet.num_heads} heads; ` +
        `take ${multiple(nnet.embed_dim, nnet.num_heads)}, or other nnet.num_heads`,
    );
  }
  if (nnet.depth % 2 !== 0) {
    problems.push(
      `nnet.depth: ${nnet.depth} is odd, but half of the blocks come before the middle one, half ` +
        `after it; take ${nnet.depth + 1}`,
    );
  }
  if (nnet.img_size % nnet.patch_size !== 0) {
    problems.push(
      `nnet.patch_size: patches of ${nnet.patch_size} do not fill images of ` +
        `${nnet.img_size} pixels; take a divisor of ${nnet.img_size}`,
    );
  }
  if (nnet.scalelong > 0 && !nnet.skip) {
    problems.push(
      `nnet.scalelong: method ${nnet.scalelong} scales long skips, but nnet.skip=false leaves ` +
        `none; set nnet.skip=true or nnet.scalelong=0`,
    );
  }
  return problems;
}

function unetProblems({ img_size, ch, ch_mult, attn_resolutions }: UNetNnetConfig): string[] {
  const problems: string[] = [];
  if (ch % GROUP_NORM.groups !== 0) {
    problems.push(
      `nnet.ch: ${ch} channels do not form the ${GROUP_NORM.groups} groups of the norms; ` +
        `take ${multiple(ch, GROUP_NORM.groups)}`,
    );
  }
  const halvings = ch_mult.length - 1;
  if (img_size % 2 ** halvings !== 0) {
    problems.push(
      `nnet.ch_mult: ${ch_mult.length} levels halve images ${halvings} times, which ` +
        `${img_size} pixels do not allow; give fewer levels, or take nnet.img_size=` +
        multiple(img_size, 2 ** halvings),
    );
  }
  const heights = ch_mult.map((_, level) => img_size / 2 ** level);
  const unknown = attn_resolutions.find((height) => !heights.includes(height));
  if (unknown !== undefined) {
    problems.push(
      `nnet.attn_resolutions: no level has a height of ${unknown}; there are ` +
        heights.join(", "),
    );
  }
  return problems;
}

function multiple(value: number, of: number): number {
  return Math.ceil(value / of) * of;
}
