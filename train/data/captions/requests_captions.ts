import { conditioningOfRun, type RunConfig } from "../../config/autoencoder_run_config.ts";

/** Whether a network reads the captions of images, by a text encoder of its own. */
export function requestsCaptions(nnet: RunConfig["nnet"]): boolean {
  return conditioningOfRun({ nnet }).kind === "text";
}
