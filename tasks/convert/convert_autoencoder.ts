import { counted } from "../../engine/counted.ts";
import { dirname, join } from "node:path";
import type { AutoencoderConfig } from "../../nets/autoencoder_parameters.ts";
import { humanBytes } from "../../page/human_units.ts";
import {
  type AutoencoderKeys,
  diffusersShape,
  toDiffusers,
} from "../../train/checkpoints/autoencoder/autoencoder_keys.ts";
import { openAutoencoder } from "../../train/checkpoints/autoencoder/open_autoencoder.ts";
import { castTensor, type FloatDtype } from "../../train/checkpoints/cast_tensor.ts";
import type { TensorFileKind } from "../../train/checkpoints/tensor_file.ts";
import { replaceFile } from "../../train/files/durable.ts";
import type { StoredTensor } from "../../train/formats/stored_tensor.ts";
import { encodeArrays } from "./encode_arrays.ts";
import { mustBeFree, writeOutput } from "./write_output.ts";

/** Options of {@linkcode convertAutoencoder}. */
export interface ConvertAutoencoderOptions {
  /** The format to write. */
  readonly kind: TensorFileKind;
  /** Whose names to write. */
  readonly keys: AutoencoderKeys;
  /** Type to store floats in; null: unchanged. */
  readonly dtype: FloatDtype | null;
  /** Whether an existing `config.json` may be replaced. */
  readonly force: boolean;
}

/**
 * Writes an autoencoder, or that of a checkpoint of Stable Diffusion, with the reference's names or
 * with diffusers', which get a `config.json` beside them.
 *
 * @returns lines on what was chosen and written
 * @throws {CheckpointError} where it is none
 * @throws {UsageError} where the `config.json` exists
 */
export async function convertAutoencoder(
  from: string,
  to: string,
  { kind, keys, dtype, force }: ConvertAutoencoderOptions,
): Promise<string> {
  using file = await openAutoencoder(from);
  const { config } = file;
  const renames = keys === "diffusers";
  const tensors: Record<string, StoredTensor> = {};
  for (const name of file.names.keys()) {
    const stored = file.read(name);
    const tensor = dtype === null ? stored : castTensor(stored, dtype, name);
    const key = renames ? toDiffusers(name, config.ch_mult.length) : name;
    tensors[key] = renames ? { ...tensor, shape: [...diffusersShape(name, tensor.shape)] } : tensor;
  }
  const settings = renames ? diffusersConfig(config) : null;
  const beside = join(dirname(to), "config.json");
  if (settings) await mustBeFree(beside, kind, force);
  const metadata = { scale_factor: String(config.scale_factor) };
  const bytes = encodeArrays(to, kind, tensors, renames ? { format: "pt" } : metadata);
  await writeOutput(to, () => replaceFile(to, bytes));
  if (settings) {
    const text = new TextEncoder().encode(JSON.stringify(settings, null, 2) + "\n");
    await writeOutput(beside, () => replaceFile(beside, text));
  }
  const left = file.others === 0
    ? ""
    : `; left out what else is in ${file.file}: ${file.others} values`;
  const done =
    `Left ${to}: the ${counted(Object.keys(tensors).length, "array")} of an autoencoder with ` +
    `${keys === "diffusers" ? "diffusers'" : "the reference's"} names, ${humanBytes(bytes.length)}`;
  return [...file.notes, done + left, ...settings ? [`Left ${beside}`] : []].join("\n");
}

/** What diffusers' `AutoencoderKL` takes; null for an autoencoder that it cannot make. */
function diffusersConfig(config: AutoencoderConfig): Record<string, unknown> | null {
  const { in_channels, ch, ch_mult, num_res_blocks, z_channels, embed_dim, scale_factor } = config;
  if (z_channels !== embed_dim || ch_mult[0] !== 1) return null;
  return {
    _class_name: "AutoencoderKL",
    act_fn: "silu",
    block_out_channels: ch_mult.map((mult) => mult * ch),
    down_block_types: ch_mult.map(() => "DownEncoderBlock2D"),
    in_channels,
    latent_channels: embed_dim,
    layers_per_block: num_res_blocks,
    norm_num_groups: 32,
    out_channels: in_channels,
    scaling_factor: scale_factor,
    up_block_types: ch_mult.map(() => "UpDecoderBlock2D"),
  };
}
