import { networkParameters } from "../../nets/network.ts";
import { parameterShapes } from "../../nets/parameters.ts";
import type { Config } from "../config/config.ts";

/** Shapes of the parameters of a configuration's network, by name, in module order. */
export function shapesOf({ nnet }: Config): ReturnType<typeof parameterShapes> {
  return parameterShapes((make) => networkParameters(nnet, make));
}
