import { counted } from "../../../engine/counted.ts";
import type { Conditioning } from "../../../nets/conditioning.ts";
import type { CaptionSource } from "../image_source.ts";

/** A line where a network reads only the beginning of some captions; else null. */
export function longCaptionsNote(
  captions: CaptionSource | undefined,
  conditioning: Conditioning,
): string | null {
  if (captions?.kind !== "texts" || conditioning.kind !== "text") return null;
  const { longest } = captions;
  const read = conditioning.tokens - 2;
  if (longest <= read) return null;
  return `captions have up to ${
    counted(longest, "token")
  }, and the network reads the first ${read} of ` +
    `each; for all of them set nnet.num_clip_token=${longest + 2}`;
}
