import { fileURLToPath } from "node:url";
import { join } from "node:path";

/** The root of the project. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** A fenced block of a page. */
export interface Block {
  /** What stands after the fence, such as `sh`. */
  readonly language: string;
  readonly text: string;
  /** Line of the page that its text begins with, from 1. */
  readonly line: number;
}

/** A page of documentation. */
export interface Page {
  /** From the root. */
  readonly path: string;
  readonly blocks: readonly Block[];
  /** Lines outside of blocks, by their number from 1. */
  readonly prose: ReadonlyMap<number, string>;
}

/** The pages at the root and in `docs/`. */
export async function readPages(): Promise<Page[]> {
  const paths: string[] = [];
  for (const folder of ["", "docs"]) {
    for await (const { name } of Deno.readDir(join(ROOT, folder))) {
      if (name.endsWith(".md")) paths.push(folder === "" ? name : `${folder}/${name}`);
    }
  }
  return await Promise.all(
    paths.sort().map(async (path) => parsePage(path, await Deno.readTextFile(join(ROOT, path)))),
  );
}

/** Takes a page apart into blocks and prose. */
export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const prose = new Map<number, string>();
  let open: { language: string; lines: string[]; line: number } | null = null;
  for (const [i, line] of text.split("\n").entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (open === null && fence) open = { language: fence[1].trim(), lines: [], line: i + 2 };
    else if (open === null) prose.set(i + 1, line);
    else if (fence) {
      blocks.push({ language: open.language, text: open.lines.join("\n"), line: open.line });
      open = null;
    } else open.lines.push(line);
  }
  if (open) throw new Error(`${path}:${open.line - 1} a block that does not end`);
  return { path, blocks, prose };
}

/** The names that links can give after `#`, as GitHub makes them of headings. */
export function anchors({ prose }: Page): Set<string> {
  const found = new Set<string>();
  for (const line of prose.values()) {
    const heading = /^#+ +(.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const name = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim()
      .replaceAll(/\s/g, "-");
    let unused = name;
    for (let n = 1; found.has(unused); n++) unused = `${name}-${n}`;
    found.add(unused);
  }
  return found;
}

/** A line for each link of the pages that leads nowhere; addresses of the web are not followed. */
export async function deadLinks(pages: readonly Page[]): Promise<string[]> {
  const dead: string[] = [];
  for (const page of pages) {
    for (const [line, text] of page.prose) {
      for (const [, target] of text.replaceAll(/`[^`]*`/g, "").matchAll(/\]\(([^)]*)\)/g)) {
        if (/^https?:/.test(target)) continue;
        if (!await leadsSomewhere(target, page, pages)) {
          dead.push(`${page.path}:${line} ${target}`);
        }
      }
    }
  }
  return dead;
}

async function leadsSomewhere(
  target: string,
  from: Page,
  pages: readonly Page[],
): Promise<boolean> {
  const [file, anchor] = target.split("#");
  const path = file === "" ? from.path : join(from.path, "..", file);
  if (anchor !== undefined) {
    const page = pages.find((known) => known.path === path);
    return page !== undefined && anchors(page).has(anchor);
  }
  return await isThere(path);
}

/** A line for each file or folder of this project that a sentence names and that is not there. */
export async function missingFiles(pages: readonly Page[]): Promise<string[]> {
  const missing: string[] = [];
  for (const { path, prose } of pages) {
    for (const [line, text] of prose) {
      for (
        const [, name] of text.matchAll(
          /`((?:engine|nets|train|eval|page|tasks|tests|docs|notebooks)\/[^`]*)`/g,
        )
      ) {
        if (!await isThere(name)) missing.push(`${path}:${line} ${name}`);
      }
    }
  }
  return missing;
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(join(ROOT, path)).then(() => true, () => false);
}
