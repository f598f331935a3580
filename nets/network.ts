import type { Tensor } from "../engine/mod.ts";
import type { NetworkInputs } from "./network_inputs.ts";
import type { MakeParameter } from "./parameters.ts";
import { unet, type UNetConfig, unetParameters } from "./unet.ts";
import { uvit, type UVitConfig, uvitParameters } from "./uvit.ts";

/**
 * A network's name, and its own options.
 * @category Networks
 */
export type NetworkConfig =
  | { readonly name: "uvit" } & UVitConfig
  | { readonly name: "unet" } & UNetConfig;

/**
 * Networks' names as their papers write them.
 * @category Networks
 */
export const NETWORK_NAMES: Readonly<Record<NetworkConfig["name"], string>> = {
  uvit: "U-ViT",
  unet: "UNet",
};

/**
 * Describes every parameter of a network, in the order of its reference.
 * @category Networks
 */
export function networkParameters<T>(config: NetworkConfig, make: MakeParameter<T>): void {
  if (config.name === "uvit") uvitParameters(config, make);
  else unetParameters(config, make);
}

/**
 * A network over its parameters: a function that predicts the noise, of the shape of `x`, in f32.
 *
 * @param parameter gives the tensor of each parameter
 * @category Networks
 */
export function network(
  config: NetworkConfig,
  parameter: MakeParameter<Tensor>,
): (inputs: NetworkInputs) => Tensor {
  if (config.name === "uvit") {
    const params = uvitParameters(config, parameter);
    return (inputs) => uvit(params, inputs, config);
  }
  const params = unetParameters(config, parameter);
  return (inputs) => unet(params, inputs, config);
}
