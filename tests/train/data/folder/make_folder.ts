import { join } from "node:path";

/** A folder with these files, and links (the targets as written), that is removed on disposal. */
export async function makeFolder(
  files: Readonly<Record<string, Uint8Array | { readonly link: string }>>,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    if (content instanceof Uint8Array) await Deno.writeFile(file, content);
    else await Deno.symlink(content.link, file);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
