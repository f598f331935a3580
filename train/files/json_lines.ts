import { lineBlocks } from "./line_blocks.ts";

/**
 * The objects of a file of JSON lines, those of each block read together. A line that is no object,
 * as a running or killed program leaves half written, is passed over.
 *
 * @throws {Deno.errors.NotFound} where there is no such file
 */
export async function* jsonLines(file: string): AsyncGenerator<Record<string, unknown>[]> {
  for await (const block of lineBlocks(file)) {
    yield block.split("\n").map(parsed).filter((value) => value !== null);
  }
}

function parsed(line: string): Record<string, unknown> | null {
  if (line === "") return null;
  try {
    const value: unknown = JSON.parse(line);
    return value instanceof Object && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
