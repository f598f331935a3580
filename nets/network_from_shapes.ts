import type { Shape } from "../engine/mod.ts";
import type { NetworkConfig } from "./network.ts";
import { unetFromShapes } from "./unet_from_shapes.ts";
import { uvitFromShapes } from "./uvit_from_shapes.ts";

/** The options that the shapes of a network's parameters, by name, determine; empty if unknown. */
export function networkFromShapes(
  shapes: Readonly<Record<string, Shape>>,
): Partial<NetworkConfig> {
  const uvit = uvitFromShapes(shapes);
  if (uvit.embed_dim !== undefined) return { name: "uvit", ...uvit };
  const unet = unetFromShapes(shapes);
  return unet.ch === undefined ? {} : { name: "unet", ...unet };
}
