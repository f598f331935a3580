import { dirname, join } from "node:path";
import { z } from "zod";
import type { TuningMemory } from "../../engine/mod.ts";
import { cacheFolder } from "../../train/files/cache_folder.ts";
import { replaceFile } from "../../train/files/durable.ts";

const schema = z.record(z.string(), z.record(z.string(), z.string()));

/** Stores the fastest kernel variants of each adapter in a JSON file, by default in the cache. */
export function tuningFile(
  file: string = join(cacheFolder(), "kernel_variants.json"),
): TuningMemory {
  return {
    async recall(adapter) {
      return new Map(Object.entries((await readAll(file))[adapter] ?? {}));
    },
    async remember(adapter, choices) {
      const all = { ...await readAll(file), [adapter]: Object.fromEntries(choices) };
      try {
        await Deno.mkdir(dirname(file), { recursive: true });
        await replaceFile(file, new TextEncoder().encode(`${JSON.stringify(all, null, 1)}\n`));
      } catch (error) {
        // Without the file the next run tunes again; this one is not affected.
        if (!(error instanceof Error && "code" in error)) throw error;
      }
    },
  };
}

/** The file's content; empty where it is missing or of another format. */
async function readAll(file: string): Promise<z.infer<typeof schema>> {
  try {
    return schema.parse(JSON.parse(await Deno.readTextFile(file)));
  } catch {
    return {};
  }
}
