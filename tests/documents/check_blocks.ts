import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import settings from "../../deno.json" with { type: "json" };
import { type Page, ROOT } from "./pages.ts";

/** The root as an address. */
const BASE = pathToFileURL(`${ROOT}/`);

/** An entry point of the package in a program of the reader's own. */
const ENTRY = /^(?:jsr:)?@scalelong\/scalelong(?:@[^/]*)?(\/\w+)?$/;
const EXPORTS: Readonly<Record<string, string>> = settings.exports;

/**
 * A TypeScript block as a file outside of the project: imports of the package are those of this
 * checkout, relative ones are seen from the path in the block's first line, `// engine/ops/x.ts`, or
 * else from the page.
 */
export function standalone(text: string, page: string): string {
  const path = /^\/\/ (\S+\.ts)$/m.exec(text.split("\n")[0])?.[1] ?? page;
  return text.replaceAll(/(\bfrom |\bimport\(?)"([^"]+)"/g, (whole, keyword, specifier) => {
    const entry = ENTRY.exec(specifier);
    if (entry) return `${keyword}"${new URL(EXPORTS[`.${entry[1] ?? ""}`], BASE)}"`;
    return specifier.startsWith(".")
      ? `${keyword}"${new URL(specifier, new URL(path, BASE))}"`
      : whole;
  });
}

/**
 * Type-checks every TypeScript block of the pages.
 *
 * @returns pages and lines of those that are wrong, and what the compiler says
 */
export async function typeErrors(
  pages: readonly Page[],
): Promise<{ readonly wrong: readonly string[]; readonly said: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const files: string[] = [];
    for (const { path, blocks } of pages) {
      for (const { language, text, line } of blocks) {
        if (!/^(ts|typescript)$/.test(language)) continue;
        const file = join(folder, `${path.replaceAll("/", "_")}_${line}.ts`);
        await Deno.writeTextFile(file, `${standalone(text, path)}\nexport {};\n`);
        files.push(file);
      }
    }
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["check", "--quiet", `--config=${join(ROOT, "deno.json")}`],
        `--lock=${join(ROOT, "deno.lock")}`,
        ...files,
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    return { wrong: files.map((file) => basename(file)).filter((n) => said.includes(n)), said };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
