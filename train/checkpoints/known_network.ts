import { NETWORK_NAMES } from "../../nets/network.ts";
import { networkFromShapes } from "../../nets/network_from_shapes.ts";
import { autoencoderFromShapes } from "../../nets/autoencoder_from_shapes.ts";
import type { Shapes } from "./fit_weights.ts";

/** Keys that only one network has, and what it is; the first that matches counts. */
const MARKS: readonly (readonly [mark: RegExp, name: string])[] = [
  [/(^|\.)lora_|\.lora_(A|B|up|down)\./, "a LoRA"],
  [/(^|\.)quantize\.embedding/, "an autoencoder with a codebook (VQ)"],
  [/^model\.diffusion_model\./, "a checkpoint of Stable Diffusion"],
  [/(^|\.)input_blocks\.0\.0\.weight$/, "Stable Diffusion's UNet"],
  [/^time_embedding\.linear_1\.weight$/, "a UNet of diffusers"],
  [/(^|\.)transformer\.resblocks\.0\./, "OpenCLIP"],
  [/(^|\.)embeddings\.token_embedding\.weight$/, "CLIP's text encoder"],
  [/(^|\.)embeddings\.patch_embedding\.weight$/, "CLIP's image encoder"],
  [/(^|\.)Mixed_5b\./, "Inception"],
  [/(^|\.)(shared|encoder\.embed_tokens)\.weight$/, "T5"],
];

/** What a file's weights are, in words, as far as their names say; null where they are unknown. */
export function knownNetwork(shapes: Shapes): string | null {
  const names = Object.keys(shapes);
  const found = MARKS.find(([mark]) => names.some((name) => mark.test(name)));
  if (found) return found[1];
  const { name } = networkFromShapes(shapes);
  if (name !== undefined) return `a ${NETWORK_NAMES[name]}`;
  return autoencoderFromShapes(shapes) ? "an autoencoder" : null;
}
