import { extname, join } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/**
 * Serves the files of a folder, and none below it, to this computer alone.
 *
 * @param port 0: any that is free
 */
export function serveFolder(folder: string, port: number): Deno.HttpServer<Deno.NetAddr> {
  const options = { hostname: "127.0.0.1", port, onListen: () => {} };
  return Deno.serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    if (!names.includes(name)) return new Response("There is no such file.", { status: 404 });
    // Always the newest: after another build a reload suffices.
    const headers = {
      "content-type": TYPES[extname(name)] ?? "application/octet-stream",
      "cache-control": "no-store",
    };
    return new Response(await Deno.readFile(join(folder, name)), { headers });
  });
}
