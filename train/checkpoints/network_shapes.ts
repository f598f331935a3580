import { parameterShapes } from "../../nets/parameters.ts";
import { networkParameters } from "../../nets/network.ts";
import type { Config } from "../config/config.ts";

/** Shapes of the parameters of a configuration's network, by name, in the order of its modules. */
export function shapesOf({ nnet }: Config): ReturnType<typeof parameterShapes> {
  return parameterShapes((make) => networkParameters(nnet, make));
}
