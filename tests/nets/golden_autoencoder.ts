import type { AutoencoderConfig } from "../../nets/autoencoder_parameters.ts";
import { toFloat32 } from "../../train/formats/stored_tensor.ts";
import { decodeSafetensors } from "../../train/formats/safetensors.ts";
import { hashedValues, hashedWeight } from "./hashed_weights.ts";

/** A golden autoencoder; see tests/golden/README.md. */
export interface GoldenAutoencoder {
  readonly config: AutoencoderConfig;
  /** Shapes of the parameters, by name. */
  readonly shapes: Readonly<Record<string, number[]>>;
  /** Their values, by name. */
  values(): Record<string, Float32Array>;
  /** Whether the file has an array. */
  has(name: string): boolean;
  /** An array of the file. */
  array(name: string): { readonly shape: number[]; readonly data: Float32Array };
  /** The images that were encoded. */
  readonly images: { readonly shape: number[]; readonly data: Float32Array };
  /** The noise that latents were drawn with. */
  readonly noise: { readonly shape: number[]; readonly data: Float32Array };
}

/** Reads `tests/golden/NAME.safetensors`. */
export async function goldenAutoencoder(name: string): Promise<GoldenAutoencoder> {
  const url = new URL(`../golden/${name}.safetensors`, import.meta.url);
  const { tensors, metadata } = decodeSafetensors(await Deno.readFile(url), name);
  const { ch, ch_mult, num_res_blocks, z_channels, embed_dim, scale_factor } = JSON.parse(
    metadata.config,
  );
  const shapes: Record<string, number[]> = JSON.parse(metadata.keys);
  const array = (key: string) => {
    const { shape } = tensors[key];
    return { shape, data: toFloat32(tensors[key]) };
  };
  const hashed = metadata.weights?.startsWith("by hash");
  const valueOf = (key: string, i: number) => {
    if (`param.${key}` in tensors) return array(`param.${key}`).data;
    return hashed ? hashedWeight(key, shapes[key], i) : byFormula(key, shapes[key], i);
  };
  const { shape } = array("decoded");
  const latents = array("moments").shape.map((n, d) => d === 1 ? n / 2 : n);
  const size = (dims: number[]) => dims.reduce((a, b) => a * b);
  return {
    config: { in_channels: 3, ch, ch_mult, num_res_blocks, z_channels, embed_dim, scale_factor },
    shapes,
    values: () =>
      Object.fromEntries(Object.keys(shapes).sort().map((key, i) => [key, valueOf(key, i)])),
    has: (name) => name in tensors,
    array,
    images: "input" in tensors ? array("input") : { shape, data: hashedValues(size(shape), 902) },
    noise: { shape: latents, data: hashedValues(size(latents), 903, 1.5) },
  };
}

/** A weight by the formula of tests/golden/README.md, which is of rank 2. */
function byFormula(name: string, shape: readonly number[], key: number): Float32Array {
  const size = shape.reduce((n, d) => n * d, 1);
  const scale = shape.length > 1 ? Math.sqrt(2 * shape[0] / size) : 0.1;
  const offset = shape.length === 1 && name.endsWith("weight") ? 1 : 0;
  return Float32Array.from(
    { length: size },
    (_, i) => offset + scale * Math.sin(12.9898 * (i + 1) + 78.233 * (key + 1)),
  );
}
