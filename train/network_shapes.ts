import { parameterShapes } from "../nets/parameters.ts";
import { uvitParameters } from "../nets/uvit.ts";
import type { Config } from "./config.ts";

/** Shapes of the parameters of a configuration's network, by name, in the order of its modules. */
export function shapesOf({ nnet }: Config): ReturnType<typeof parameterShapes> {
  return parameterShapes((make) => uvitParameters(nnet, make));
}
