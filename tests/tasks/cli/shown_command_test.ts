import { match, strictEqual as equal } from "node:assert/strict";
import { helpText } from "../../../tasks/cli/help_text.ts";
import { shownCommand } from "../../../tasks/cli/shown_command.ts";

/** Calls `use` as if npx had started this process, or had not. */
function withNpmCommand<T>(value: string | null, use: () => T): T {
  const before = Deno.env.get("npm_command");
  const set = (value: string | null | undefined) =>
    value ? Deno.env.set("npm_command", value) : Deno.env.delete("npm_command");
  set(value);
  try {
    return use();
  } finally {
    set(before);
  }
}

Deno.test("shownCommand() begins with npx where npx runs Deno, else with deno", () => {
  const args = ["--dataset.path=my photos", "--n_steps=5", "it's"];
  const rest = `task train '--dataset.path=my photos' --n_steps=5 'it'\\''s'`;
  equal(withNpmCommand(null, () => shownCommand("train", args)), `deno ${rest}`);
  equal(withNpmCommand("run-script", () => shownCommand("train", args)), `deno ${rest}`);
  const { deno } = Deno.version;
  equal(withNpmCommand("exec", () => shownCommand("train", args)), `npx -y deno@${deno} ${rest}`);
  equal(withNpmCommand("exec", () => shownCommand("doctor")), `npx -y deno@${deno} task doctor`);
});

Deno.test("shownCommand() names the package or the address where the program was started from one", () => {
  const shown = (from: string, npm: string | null = null) =>
    withNpmCommand(npm, () => shownCommand("fid A B", ["--n=2"], from));
  const jsr = "https://jsr.io/@scalelong/scalelong/0.1.0/tasks/cli/shown_command.ts";
  equal(shown(jsr), "deno run -A jsr:@scalelong/scalelong@0.1.0/fid A B --n=2");
  const npx = `npx -y deno@${Deno.version.deno}`;
  equal(shown(jsr, "exec"), `${npx} run -A jsr:@scalelong/scalelong@0.1.0/fid A B --n=2`);
  equal(
    shown("http://127.0.0.1:8000/tasks/cli/shown_command.ts"),
    "deno run -A http://127.0.0.1:8000/tasks/fid.ts A B --n=2",
  );
  equal(shown("file:///home/me/tasks/cli/shown_command.ts"), "deno task fid A B --n=2");
});

Deno.test("helpText() shows examples as the person would type them", () => {
  const page = {
    about: "Trains.",
    examples: [{ command: "train --n_steps=3", does: "a little" }],
    schemas: [],
    defaults: new Map(),
  };
  match(withNpmCommand(null, () => helpText(page)), /^ {2}deno task train --n_steps=3$/m);
  match(withNpmCommand("exec", () => helpText(page)), /^ {2}npx -y deno@\S+ task train --n_steps/m);
});
