import type { Shape } from "../engine/mod.ts";
import { methodsWithGates } from "./skip_scaling.ts";
import { type UNetConfig, unetSkips } from "./unet.ts";

/**
 * The options of a UNet that the shapes of its parameters, by name, determine. Left out are
 * `img_size`, `attn_resolutions`, `dropout`, `kappa`, `kappa_index`, and `scalelong` where there is
 * no gate; with gates it is the first method that has them. Empty where the shapes are not those of
 * a UNet.
 */
export function unetFromShapes(shapes: Readonly<Record<string, Shape>>): Partial<UNetConfig> {
  const [ch, in_chans] = shapes["conv_in.weight"] ?? [];
  const count = (name: (n: number) => string) => {
    let n = 0;
    while (Object.hasOwn(shapes, name(n))) n++;
    return n;
  };
  const widthOf = (level: number) => `down.${level}.block.0.conv1.weight`;
  const levels = count(widthOf);
  if (ch === undefined || levels === 0) return {};
  const structure = {
    in_chans,
    ch,
    ch_mult: Array.from({ length: levels }, (_, level) => shapes[widthOf(level)][0] / ch),
    num_res_blocks: count((n) => `down.0.block.${n}.conv1.weight`),
    num_classes: shapes["label_emb.weight"]?.[0] ?? -1,
  };
  const gates = count((n) => `se.${n}.layer1.weight`);
  if (gates === 0) return structure;
  const kind = gates === unetSkips(structure).length ? "each" : "shared";
  return { ...structure, scalelong: methodsWithGates(kind)[0] };
}
