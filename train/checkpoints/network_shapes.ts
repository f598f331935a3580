import { autoencoderParameters } from "../../nets/autoencoder_parameters.ts";
import { networkParameters } from "../../nets/network.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import { autoencoderOfRun, type RunConfig } from "../config/autoencoder_run_config.ts";

/** Shapes of the parameters of a configuration's network, by name, in module order. */
export function shapesOf(config: Pick<RunConfig, "nnet">): ReturnType<typeof parameterShapes> {
  return parameterShapes((make) => describe(config, make));
}

/** First values of the parameters of a configuration's network, by name. */
export function firstValues(
  config: Pick<RunConfig, "nnet" | "seed">,
): Readonly<Record<string, Float32Array>> {
  return initialize((make: MakeParameter<void>) => describe(config, make), config.seed);
}

function describe({ nnet }: Pick<RunConfig, "nnet">, make: MakeParameter<void>): void {
  if (nnet.name === "autoencoder") autoencoderParameters(autoencoderOfRun(nnet), make);
  else networkParameters(nnet, make);
}
