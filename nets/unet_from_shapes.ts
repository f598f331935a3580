import type { Shape } from "../engine/mod.ts";
import { type UNetConfig, unetSkips } from "./unet.ts";

/**
 * What the shapes of a UNet's parameters, by name, tell of its options; an option that they do not
 * tell is left out: `img_size`, `attn_resolutions`, `dropout`, `kappa`, `kappa_index`, and
 * `scalelong` where there is no gate.
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
  return { ...structure, scalelong: gates === unetSkips(structure).length ? 4 : 3 };
}
