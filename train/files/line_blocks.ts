/** A file's text in blocks of whole lines: that of a long log does not fit in one string. */
export async function* lineBlocks(file: string): AsyncGenerator<string> {
  using handle = await Deno.open(file);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1 << 16);
  let rest = "";
  for (let n = await handle.read(buffer); n !== null; n = await handle.read(buffer)) {
    const text = decoder.decode(buffer.subarray(0, n), { stream: true });
    const end = text.lastIndexOf("\n") + 1;
    if (end > 0) yield rest + text.slice(0, end);
    rest = end > 0 ? text.slice(end) : rest + text;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
