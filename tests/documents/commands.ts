import type { Page } from "./pages.ts";

/** A command that a page shows. */
export interface ShownCommand {
  /** `README.md:12`. */
  readonly where: string;
  /** As it is written, on one line and without its comment. */
  readonly text: string;
  /** Its words, quotes taken off. */
  readonly words: readonly string[];
  /** Whether it stands in a block, so that it must be whole, or in a sentence. */
  readonly isWhole: boolean;
}

/** A command of this project: a task and its arguments. */
export interface TaskCommand {
  readonly task: string;
  readonly args: readonly string[];
}

/** The commands in the `sh` blocks of a page, and those of this project in its sentences. */
export function commandsOf({ path, blocks, prose }: Page): ShownCommand[] {
  const found: ShownCommand[] = [];
  for (const block of blocks) {
    if (block.language !== "sh") continue;
    let parts: string[] = [];
    for (const [i, line] of block.text.split("\n").entries()) {
      parts.push(line.replace(/(^|\s+)#.*$/, "").replace(/\\$/, ""));
      if (line.endsWith("\\")) continue;
      const [text, at] = [parts.join(" "), block.line + i + 1 - parts.length];
      if (text.trim() !== "") found.push(command(`${path}:${at}`, text, true));
      parts = [];
    }
  }
  for (const [line, text] of prose) {
    for (const [, code] of text.matchAll(/`([^`]+)`/g)) {
      if (/^([A-Z_]+=\S+ )?deno (task|run) [\w-]/.test(code)) {
        found.push(command(`${path}:${line}`, code, false));
      }
    }
  }
  return found;
}

function command(where: string, text: string, isWhole: boolean): ShownCommand {
  const one = text.trim().replaceAll(/\s+/g, " ");
  const words = [...one.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)]
    .map(([word]) => word.replaceAll(/['"]/g, ""));
  return { where, text: one, words, isWhole };
}

/** The flags that sentences of a page name, by `README.md:12 name`. */
export function flagsOf({ path, prose }: Page): { where: string; name: string }[] {
  return [...prose].flatMap(([line, text]) =>
    [...text.matchAll(/`(--[^`]+)`/g)].flatMap(([, code]) =>
      [...code.matchAll(/--([a-z][\w.-]*\w)(?=[=\s]|$)/g)]
        .map(([, name]) => ({ where: `${path}:${line} --${name}`, name }))
    )
  );
}
