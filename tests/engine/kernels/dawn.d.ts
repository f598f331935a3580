/** Dawn for Node; the package's own types would replace Deno's of WebGPU everywhere. */
export function create(options: readonly string[]): GPU;
