import { launchedAs } from "./launched_as.ts";

/** How long rank 0 has to say first what all ranks would say. */
export const FIRST_SAYS_MS = 3000;

/**
 * What a process says of its error. Where it is one of several, most errors are those of all: rank 0
 * says them, and its end is the end of the others, which wait for it.
 */
export async function rankMessage(message: string): Promise<string> {
  const rank = rankHere();
  if (rank === 0) return message;
  await new Promise((resolve) => setTimeout(resolve, FIRST_SAYS_MS));
  return `process ${rank} on ${Deno.hostname()}: ${message}`;
}

function rankHere(): number {
  try {
    return launchedAs()?.rank ?? 0;
  } catch {
    // Variables that make no sense, which is what the message says.
    return 0;
  }
}
