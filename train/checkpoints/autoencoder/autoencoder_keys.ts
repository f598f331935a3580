/**
 * Whose names the parameters of an autoencoder have: the reference's (latent diffusion's, in `.pth`,
 * `.ckpt` and single files), or diffusers' (a folder `vae`).
 * @category Checkpoints
 */
export const AUTOENCODER_KEYS = ["reference", "diffusers"] as const;

/**
 * One of {@linkcode AUTOENCODER_KEYS}.
 * @category Checkpoints
 */
export type AutoencoderKeys = typeof AUTOENCODER_KEYS[number];

interface Row {
  readonly reference: string;
  readonly diffusers: string;
  /** What diffusers called it in its first releases; such names are read, not written. */
  readonly older?: string;
}

const ATTENTION = "{half}.mid_block.attentions.0";

/**
 * Parts of names in which the two differ. `{reversed}` is the number of a level counted from the last
 * one; other braces stand for the same on both sides.
 */
const TABLE: readonly Row[] = [
  {
    reference: "{half}.down.{level}.block.{n}.",
    diffusers: "{half}.down_blocks.{level}.resnets.{n}.",
  },
  {
    reference: "{half}.down.{level}.downsample.",
    diffusers: "{half}.down_blocks.{level}.downsamplers.0.",
  },
  {
    reference: "{half}.up.{level}.block.{n}.",
    diffusers: "{half}.up_blocks.{reversed}.resnets.{n}.",
  },
  {
    reference: "{half}.up.{level}.upsample.",
    diffusers: "{half}.up_blocks.{reversed}.upsamplers.0.",
  },
  { reference: "{half}.mid.block_1.", diffusers: "{half}.mid_block.resnets.0." },
  { reference: "{half}.mid.block_2.", diffusers: "{half}.mid_block.resnets.1." },
  { reference: "{half}.mid.attn_1.norm.", diffusers: `${ATTENTION}.group_norm.` },
  {
    reference: "{half}.mid.attn_1.q.",
    diffusers: `${ATTENTION}.to_q.`,
    older: `${ATTENTION}.query.`,
  },
  {
    reference: "{half}.mid.attn_1.k.",
    diffusers: `${ATTENTION}.to_k.`,
    older: `${ATTENTION}.key.`,
  },
  {
    reference: "{half}.mid.attn_1.v.",
    diffusers: `${ATTENTION}.to_v.`,
    older: `${ATTENTION}.value.`,
  },
  {
    reference: "{half}.mid.attn_1.proj_out.",
    diffusers: `${ATTENTION}.to_out.0.`,
    older: `${ATTENTION}.proj_attn.`,
  },
  { reference: "{half}.norm_out.", diffusers: "{half}.conv_norm_out." },
  { reference: ".nin_shortcut.", diffusers: ".conv_shortcut." },
];

/** diffusers' name of a parameter. @param levels of the autoencoder */
export function toDiffusers(name: string, levels: number): string {
  return TABLE.reduce((key, row) => renamed(key, row.reference, row.diffusers, levels), name);
}

/** The reference's name of a parameter that has diffusers'. @param levels of the autoencoder */
export function fromDiffusers(name: string, levels: number): string {
  return TABLE.reduce((key, { reference, diffusers, older }) => {
    const known = renamed(key, diffusers, reference, levels);
    return older === undefined ? known : renamed(known, older, reference, levels);
  }, name);
}

/** diffusers' shape of a parameter: its attention has matrices where the reference's has 1 x 1. */
export function diffusersShape(name: string, shape: readonly number[]): readonly number[] {
  return /\.attn_1\.(q|k|v|proj_out)\.weight$/.test(name) ? shape.slice(0, 2) : shape;
}

/** What a brace stands for. */
const BRACES: Readonly<Record<string, string>> = {
  half: "encoder|decoder",
  level: "\\d+",
  reversed: "\\d+",
  n: "\\d+",
};

/** A key with one part renamed, where it has it. */
function renamed(key: string, from: string, to: string, levels: number): string {
  const pattern = from.replaceAll(".", "\\.")
    .replaceAll(/\{(\w+)\}/g, (_, brace) => `(?<${brace}>${BRACES[brace]})`);
  const start = from.startsWith("{") ? "^" : "";
  const match = new RegExp(start + pattern).exec(key);
  if (!match) return key;
  const known = match.groups ?? {};
  const counted = (other: string | undefined) => String(levels - 1 - Number(other));
  const values: Record<string, string> = {
    ...known,
    level: known.level ?? counted(known.reversed),
    reversed: known.reversed ?? counted(known.level),
  };
  return key.slice(0, match.index) + to.replaceAll(/\{(\w+)\}/g, (_, brace) => values[brace]) +
    key.slice(match.index + match[0].length);
}
