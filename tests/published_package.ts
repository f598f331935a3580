import assert from "node:assert/strict";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import settings from "../deno.json" with { type: "json" };

const root = new URL("..", import.meta.url);

/** What `deno publish` says that it would publish. */
export interface Publication {
  readonly code: number;
  readonly said: string;
  /** Paths from the root. */
  readonly files: readonly string[];
}

/** Asks `deno publish`; nothing is published. Types are not checked, slow types are. */
export async function dryRun(): Promise<Publication> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: fileURLToPath(root),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const files = said.matchAll(/^ +(file:\S+) \(/gm).map(([, url]) => url.slice(root.href.length));
  return { code, said, files: [...files] };
}

/** The files that entry points reach, by imports of any kind or as workers; paths from the root. */
export async function reachedFiles(entries: readonly string[]): Promise<Set<string>> {
  const reached = new Set(entries);
  for (const path of reached) {
    const text = await Deno.readTextFile(new URL(path, root));
    const named = text.matchAll(
      /(?:from|import|import\(|new URL\(|resolve\()\s*"(\.{1,2}\/[^"]+\.ts)"/g,
    );
    for (const [, specifier] of named) reached.add(posix.join(posix.dirname(path), specifier));
  }
  return reached;
}

/**
 * Copies the published files to a folder as JSR serves them: `deno publish` writes bare specifiers, which
 * an import map explains here, as the packages that they stand for.
 */
export async function copyPackage(files: readonly string[], to: string): Promise<void> {
  const names = Object.entries(settings.imports);
  for (const path of files) {
    const target = join(to, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    if (!path.endsWith(".ts")) {
      await Deno.copyFile(new URL(path, root), target);
      continue;
    }
    let text = await Deno.readTextFile(new URL(path, root));
    for (const [name, specifier] of names) {
      text = text.replaceAll(
        new RegExp(`((?:from |import |import\\()")${name}(?=["/])`, "g"),
        `$1${specifier}`,
      );
    }
    await Deno.writeTextFile(target, text);
  }
}

/** The `deno.json` of a project that uses the package at an address, as `deno add` would make it. */
export function consumerSettings(base: string): string {
  const imports = Object.entries(settings.exports).map(([name, file]) => [
    `@scalelong/scalelong${name.slice(1)}`,
    new URL(file, base).href,
  ]);
  return JSON.stringify({ imports: Object.fromEntries(imports), nodeModulesDir: "none" });
}

/** Serves a folder on loopback, TypeScript as JSR does; `use` is called with the address. */
export async function served<T>(folder: string, use: (base: string) => Promise<T>): Promise<T> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const path = decodeURIComponent(new URL(request.url).pathname);
      const bytes = await Deno.readFile(join(folder, path)).catch(() => null);
      if (bytes === null) return new Response(`no ${path}`, { status: 404 });
      const type = path.endsWith(".ts") ? "application/typescript" : "application/octet-stream";
      return new Response(bytes, { headers: { "content-type": type } });
    },
  );
  const { port } = server.addr;
  try {
    return await use(`http://127.0.0.1:${port}/`);
  } finally {
    await forget(port);
  }
}

/** Removes what Deno's cache keeps of a port that nothing will listen to again. */
async function forget(port: number): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { modulesCache } = JSON.parse(new TextDecoder().decode(stdout));
  await Deno.remove(join(modulesCache, "http", `127.0.0.1_PORT${port}`), { recursive: true })
    .catch((error) => assert.ok(error instanceof Deno.errors.NotFound, error));
}

/** Runs Deno in a folder to its end. Without a prompt: what is not permitted fails. */
export async function runDeno(
  cwd: string,
  ...args: string[]
): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1", DENO_NO_PROMPT: "1" },
    stdin: "null",
  }).output();
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}
