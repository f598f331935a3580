import { join } from "node:path";
import { UserError } from "../../engine/user_error.ts";

/** The page cannot be built; the message says why. */
export class BuildError extends UserError {
  /** The class's name. */
  override readonly name: string = "BuildError";
}

/** The scripts of the page, and what each is bundled from. */
const SCRIPTS = { "page.js": "page/page.ts", "worker.js": "worker/worker.ts" };
/** What is copied. */
const COPIED = ["index.html", "style.css"];

/**
 * Builds the page into a folder that any static server can serve. The scripts hold nothing but this
 * program's own sources.
 *
 * @returns the names of its files
 * @throws {BuildError} where `deno bundle` fails
 */
export async function buildPage(folder: string): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true });
  const scripts = Object.entries(SCRIPTS).map(([name, source]) =>
    bundle(import.meta.resolve(`./${source}`), join(folder, name))
  );
  // By address: the sources of a published package are not on this disk.
  const copies = COPIED.map(async (name) => {
    const { body } = await fetch(import.meta.resolve(`./page/${name}`));
    await Deno.writeFile(join(folder, name), body!);
  });
  await Promise.all([...scripts, ...copies]);
  return [...COPIED, ...Object.keys(SCRIPTS)];
}

async function bundle(source: string, to: string): Promise<void> {
  const options = ["--quiet", "--no-config", "--no-lock", "--platform=browser", "--minify"];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...options, "-o", to, source],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim();
  throw new BuildError(
    `the page cannot be built (the first time, deno bundle downloads esbuild from npm): ${reason}`,
  );
}
