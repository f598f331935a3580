import { createHash } from "node:crypto";

/** The SHA-256 sum of a file, hexadecimal; the file is read piece by piece. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of (await Deno.open(file)).readable) hash.update(chunk);
  return hash.digest("hex");
}
