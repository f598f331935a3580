import { ROOMS, sourceFiles, sourceText } from "../source_files.ts";
import { IMAGE_KINDS } from "../../train/data/folder/list_images.ts";
import type { Page } from "./pages.ts";

/** The library names settings, and the command their flags. */
const FLAG = /(?<![^\s(])--(?=\w|$)/g;

/** The messages that a page of troubleshooting explains: its headings in code. */
export function explainedMessages({ prose }: Page): string[] {
  return [...prose.values()].map((line) => /^### `(.*)`$/.exec(line)?.[1])
    .filter((message) => message !== undefined);
}

/** The source, its messages on one line each. */
export async function sourceMessages(): Promise<string> {
  let all = "";
  for await (const path of sourceFiles(...ROOMS)) all += await sourceText(path);
  return all.replaceAll(/["`] \+\s*["`]/g, "").replaceAll(/\\(["`])/g, "$1")
    .replaceAll("${IMAGE_KINDS}", IMAGE_KINDS).replaceAll(FLAG, "");
}

/** The parts of messages, between the `..` that stand for what differs, that the source lacks. */
export function unknownParts(messages: readonly string[], source: string): string[] {
  return messages.flatMap((message) =>
    message.split("..").map((part) => part.replaceAll(FLAG, "").replace(/^[:;,]/, "").trim())
      .filter((part) => /\w{3}/.test(part) && !source.includes(part))
      .map((part) => `${part} (of: ${message})`)
  );
}
