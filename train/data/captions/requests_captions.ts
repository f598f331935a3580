import { conditioningOf } from "../../../nets/conditioning.ts";
import type { NnetConfig } from "../../config/config.ts";

/** Whether a network reads the captions of images, by a text encoder of its own. */
export function requestsCaptions(nnet: NnetConfig): boolean {
  return conditioningOf(nnet).kind === "text";
}
