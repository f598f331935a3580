import type { Shape } from "../engine/mod.ts";
import type { AutoencoderConfig } from "./autoencoder_parameters.ts";

/**
 * The options of an autoencoder that the shapes of its parameters, by the reference's names,
 * determine: all but `scale_factor`. Null where the shapes are not those of an autoencoder; the
 * encoder's or the decoder's alone do.
 */
export function autoencoderFromShapes(
  shapes: Readonly<Record<string, Shape>>,
): Omit<AutoencoderConfig, "scale_factor"> | null {
  const has = (name: string) => Object.hasOwn(shapes, name);
  const count = (name: (n: number) => string) => {
    let n = 0;
    while (has(name(n))) n++;
    return n;
  };
  if (has("decoder.up.0.block.0.conv1.weight") && has("post_quant_conv.weight")) {
    const widthOf = (level: number) => `decoder.up.${level}.block.0.conv1.weight`;
    const [z_channels, embed_dim] = shapes["post_quant_conv.weight"];
    const blocks = count((n) => `decoder.up.0.block.${n}.conv1.weight`);
    const [in_channels] = shapes["decoder.conv_out.weight"] ?? [];
    const widths = Array.from({ length: count(widthOf) }, (_, l) => shapes[widthOf(l)][0]);
    return found(widths, {
      ch: has("encoder.conv_in.weight") ? shapes["encoder.conv_in.weight"][0] : widths[0],
      num_res_blocks: blocks - 1,
      ...{ in_channels, z_channels, embed_dim },
    });
  }
  if (has("encoder.down.0.block.0.conv1.weight") && has("quant_conv.weight")) {
    const widthOf = (level: number) => `encoder.down.${level}.block.0.conv1.weight`;
    const [moments, features] = shapes["quant_conv.weight"];
    const [ch, in_channels] = shapes["encoder.conv_in.weight"] ?? [];
    const widths = Array.from({ length: count(widthOf) }, (_, l) => shapes[widthOf(l)][0]);
    return found(widths, {
      ...{ ch, in_channels, z_channels: features / 2, embed_dim: moments / 2 },
      num_res_blocks: count((n) => `encoder.down.0.block.${n}.conv1.weight`),
    });
  }
  return null;
}

function found(
  widths: readonly number[],
  options: Omit<AutoencoderConfig, "ch_mult" | "scale_factor">,
): Omit<AutoencoderConfig, "scale_factor"> | null {
  const { ch, in_channels } = options;
  if (ch === undefined || in_channels === undefined) return null;
  return { ...options, ch_mult: widths.map((width) => width / ch) };
}
