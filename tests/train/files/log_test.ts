import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { Log } from "../../../train/files/log.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function stepsIn(file: string): number[] {
  return Deno.readTextFileSync(file).trimEnd().split("\n").map((line) => JSON.parse(line).step);
}

Deno.test("Log appends a JSON line per step, visible at once", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "new", "log.jsonl");
    using log = await Log.open(file, 0);
    log.append({ step: 10, loss: 0.5, note: "é" });
    log.append({ step: 20, loss: NaN });
    equal(
      await Deno.readTextFile(file),
      '{"step":10,"loss":0.5,"note":"é"}\n{"step":20,"loss":null}\n',
    );
  });
});

Deno.test("Log drops lines beyond the step it resumes from, and torn ones", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "log.jsonl");
    const lines = [10, 20, 30, 40].map((step) => JSON.stringify({ step }));
    await Deno.writeTextFile(file, `${lines.join("\n")}\n{"step":5`);
    await Deno.writeTextFile(join(folder, ".saving-log.jsonl"), "left by a killed run");
    {
      using log = await Log.open(file, 20);
      log.append({ step: 30 });
    }
    deepEqual(stepsIn(file), [10, 20, 30]);
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["log.jsonl"]);
  });
});

Deno.test("Log starts anew when the run does", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "log.jsonl");
    await Deno.writeTextFile(file, '{"step":10}\nnull\n[]\n');
    (await Log.open(file, 0))[Symbol.dispose]();
    equal(await Deno.readTextFile(file), "");
  });
});

Deno.test("Log resumes a log that is longer than a string can be", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "log.jsonl");
    const note = "x".repeat(1 << 20);
    const lines = 513;
    {
      using handle = await Deno.create(file);
      const writer = handle.writable.getWriter();
      for (let step = 1; step <= lines; step++) {
        await writer.write(new TextEncoder().encode(`${JSON.stringify({ step, note })}\n`));
      }
      await writer.close();
    }
    (await Log.open(file, 2))[Symbol.dispose]();
    deepEqual(stepsIn(file), [1, 2]);
  });
});

Deno.test("Log keeps characters that lie across two blocks of a file", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "log.jsonl");
    const lines = [0, 1, 2, 3, 4].map((pad) =>
      `${JSON.stringify({ step: 1, note: "x".repeat(pad) + "\u{1f600}".repeat(20_000) })}\n`
    ).join("");
    await Deno.writeTextFile(file, `${lines}{"step":`);
    (await Log.open(file, 1))[Symbol.dispose]();
    equal(await Deno.readTextFile(file), lines);
  });
});
