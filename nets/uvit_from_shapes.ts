import type { Shape } from "../engine/mod.ts";
import { methodsWithGates } from "./skip_scaling.ts";
import type { UVitConfig } from "./uvit.ts";

/**
 * The options of a U-ViT that the shapes of its parameters, by name, determine. Left out are
 * `num_heads`, `qk_scale`, `kappa`, and `scalelong` where there is no gate; with gates it is the
 * first method that has them. Empty where the shapes are not those of a U-ViT.
 */
export function uvitFromShapes(shapes: Readonly<Record<string, Shape>>): Partial<UVitConfig> {
  const has = (name: string) => Object.hasOwn(shapes, name);
  const [, tokens, embed_dim] = shapes.pos_embed ?? [];
  const [, in_chans, patch_size] = shapes["patch_embed.proj.weight"] ?? [];
  if (embed_dim === undefined || patch_size === undefined || !has("norm.weight")) return {};
  const hidden = shapes["mid_block.mlp.fc1.weight"]?.[0];
  const rows = shapes["label_emb.weight"]?.[0];
  const side = Math.sqrt(tokens - (rows === undefined ? 1 : 2));
  let blocks = 0;
  while (has(`in_blocks.${blocks}.norm1.weight`)) blocks++;
  const gates = has("se.layer1.weight") ? "shared" : has("se.0.layer1.weight") ? "each" : "none";
  return {
    embed_dim,
    patch_size,
    in_chans,
    depth: 2 * blocks,
    ...(Number.isInteger(side) ? { img_size: side * patch_size } : {}),
    ...(hidden === undefined ? {} : { mlp_ratio: hidden / embed_dim }),
    qkv_bias: has("mid_block.attn.qkv.bias"),
    mlp_time_embed: has("time_embed.0.weight"),
    num_classes: rows ?? -1,
    conv: has("final_layer.weight"),
    skip: has("out_blocks.0.skip_linear.weight"),
    ...(gates === "none" ? {} : { scalelong: methodsWithGates(gates)[0] }),
  };
}
