import assert from "node:assert/strict";
import { ROOMS, sourceFiles, sourceText } from "./source_files.ts";

const MOST_FILES = 14;
const MOST_LINES = 400;

async function lineCounts(): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const path of sourceFiles(...ROOMS)) {
    counts.set(path, (await sourceText(path)).split("\n").length - 1);
  }
  return counts;
}

Deno.test("train/, eval/ and tasks/ have at most 14 files of their own each", async () => {
  const paths = await Array.fromAsync(sourceFiles("train", "eval", "tasks"));
  const own = Map.groupBy(paths, (path) => path.slice(0, path.lastIndexOf("/")));
  for (const room of ["train", "eval", "tasks"]) {
    const files = own.get(room) ?? [];
    assert.ok(files.length <= MOST_FILES, `${room}/ has ${files.length}: ${files.join(", ")}`);
  }
});

Deno.test("no source file is over 400 lines", async () => {
  const long = [...await lineCounts()].filter(([, lines]) => lines > MOST_LINES);
  assert.deepEqual(long, []);
});

Deno.test("the median source file is under 110 lines", async () => {
  const lines = [...(await lineCounts()).values()].toSorted((a, b) => a - b);
  const median = lines[lines.length >> 1];
  assert.ok(median < 110, `it is ${median}`);
});
