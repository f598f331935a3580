/** An empty page from this computer, where browsers offer WebGPU. */
export function blankSite(): AsyncDisposable & { readonly url: string } {
  const page = '<!doctype html><title>blank</title><link rel="icon" href="data:,">';
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(page, { headers: { "content-type": "text/html" } }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
