import type { Shape } from "../engine/mod.ts";
import { methodsWithGates } from "./skip_scaling.ts";
import type { UVitConfig } from "./uvit.ts";

/** Tokens of a text as CLIP encodes it. */
const CLIP_TOKENS = 77;

/**
 * The options of a U-ViT that the shapes of its parameters, by name, determine. Left out are
 * `num_heads`, `text_heads`, `qk_scale`, `kappa`, and `scalelong` where there is no gate; with gates it
 * is the first method that has them. Without a text encoder of its own, a text is taken to have CLIP's 77
 * tokens; where no square of patches is left then, `num_clip_token` and `img_size` are left out. Empty
 * where the shapes are not those of a U-ViT.
 */
export function uvitFromShapes(shapes: Readonly<Record<string, Shape>>): Partial<UVitConfig> {
  const has = (name: string) => Object.hasOwn(shapes, name);
  const [, tokens, embed_dim] = shapes.pos_embed ?? [];
  const [, in_chans, patch_size] = shapes["patch_embed.proj.weight"] ?? [];
  if (embed_dim === undefined || patch_size === undefined || !has("norm.weight")) return {};
  const hidden = shapes["mid_block.mlp.fc1.weight"]?.[0];
  const rows = shapes["label_emb.weight"]?.[0];
  const clip_dim = shapes["context_embed.weight"]?.[1] ?? null;
  const num_clip_token = shapes["text_model.embeddings.position_embedding.weight"]?.[0] ??
    CLIP_TOKENS;
  const extras = clip_dim !== null ? 1 + num_clip_token : rows === undefined ? 1 : 2;
  const side = Math.sqrt(tokens - extras);
  const isSquare = Number.isInteger(side) && side > 0;
  let blocks = 0;
  while (has(`in_blocks.${blocks}.norm1.weight`)) blocks++;
  let text_depth = 0;
  while (has(`text_model.encoder.layers.${text_depth}.layer_norm1.weight`)) text_depth++;
  const gates = has("se.layer1.weight") ? "shared" : has("se.0.layer1.weight") ? "each" : "none";
  return {
    embed_dim,
    patch_size,
    in_chans,
    depth: 2 * blocks,
    ...(isSquare ? { img_size: side * patch_size } : {}),
    ...(hidden === undefined ? {} : { mlp_ratio: hidden / embed_dim }),
    qkv_bias: has("mid_block.attn.qkv.bias"),
    mlp_time_embed: has("time_embed.0.weight"),
    num_classes: rows ?? -1,
    clip_dim,
    ...(isSquare && clip_dim !== null ? { num_clip_token } : {}),
    text_depth,
    conv: has("final_layer.weight"),
    skip: has("out_blocks.0.skip_linear.weight"),
    ...(gates === "none" ? {} : { scalelong: methodsWithGates(gates)[0] }),
  };
}

/**
 * What ties `num_clip_token` and `img_size` of a U-ViT of texts together where its shapes leave both open:
 * `1 + num_clip_token + (img_size / 2)^2 = 38`; null where they do not.
 */
export function openTokens(shapes: Readonly<Record<string, Shape>>): string | null {
  const { clip_dim, img_size, patch_size } = uvitFromShapes(shapes);
  if (clip_dim === undefined || clip_dim === null || img_size !== undefined) return null;
  return `1 + num_clip_token + (img_size / ${patch_size})^2 = ${shapes.pos_embed[1]}`;
}
