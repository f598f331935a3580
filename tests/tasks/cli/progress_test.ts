import { strictEqual as equal } from "node:assert/strict";
import { Progress } from "../../../tasks/cli/progress.ts";

Deno.test("Progress draws over its line in a terminal and leaves the last one standing", () => {
  let text = "";
  const progress = new Progress({
    write: (more) => text += more,
    terminal: true,
    columns: () => 7,
  });
  progress.show("first line");
  progress.show("second line");
  progress.note("saved");
  progress[Symbol.dispose]();
  progress[Symbol.dispose]();
  equal(text, "\r\x1b[Kfirst \r\x1b[Ksecond\r\x1b[Ksaved\n\r\x1b[Ksecond\n");
});

Deno.test("Progress prints a line every so often elsewhere, and the last one", () => {
  let text = "";
  let now = 0;
  const progress = new Progress({
    write: (more) => text += more,
    terminal: false,
    every_s: 2,
    now: () => now,
  });
  for (now = 0; now <= 5000; now += 500) progress.show(`at ${now}`);
  progress.note("saved");
  progress[Symbol.dispose]();
  progress[Symbol.dispose]();
  equal(text, "at 0\nat 2000\nat 4000\nsaved\nat 5000\n");
});

Deno.test("Progress prints no line twice", () => {
  let text = "";
  {
    using progress = new Progress({ write: (more) => text += more, terminal: false, now: () => 0 });
    progress.show("only");
  }
  equal(text, "only\n");
});
