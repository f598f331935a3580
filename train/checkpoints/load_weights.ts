import { type Device, State } from "../../engine/mod.ts";
import type { Weights } from "./find_weights.ts";
import { fitWeights, mustFit } from "./fit_weights.ts";
import { shapesOf } from "./network_shapes.ts";
import { openWeights } from "./weights_file.ts";

/**
 * Uploads weights to a device, in float32. A safetensors file is streamed: the host holds a few
 * megabytes of it at a time.
 *
 * @throws {CheckpointError} where the file has changed since it was found
 */
export async function loadWeights(device: Device, found: Weights): Promise<State> {
  const { file, kind, config } = found;
  using weights = await openWeights(file, kind);
  const shapes = shapesOf(config);
  const fit = fitWeights(weights.shapes, shapes);
  mustFit(fit, file);
  using resources = new DisposableStack();
  const state = resources.use(new State(device, shapes, file));
  await weights.load(state, fit.names);
  resources.move();
  return state;
}
