/** Bytes that are hashed at once: `crypto.subtle` takes whole buffers, and data sets are not copied. */
const BLOCK_BYTES = 1 << 26;

/**
 * SHA-256 over the SHA-256 of each 64 MiB of some bytes, hexadecimal. Web APIs have no hash that is fed
 * piece by piece; so there is a block in memory, and no more.
 *
 * @param chunks the bytes, piece by piece; they are not copied but into the block
 * @param bytes how many there are
 * @param block_bytes of the block, which the digest depends on
 */
export async function blockDigest(
  chunks: Iterable<Uint8Array>,
  bytes: number,
  block_bytes: number = BLOCK_BYTES,
): Promise<string> {
  const block = new Uint8Array(Math.min(bytes, block_bytes));
  const digests: Uint8Array[] = [];
  let filled = 0;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const n = Math.min(chunk.length - at, block.length - filled);
      block.set(chunk.subarray(at, at + n), filled);
      at += n;
      filled += n;
      if (filled < block.length) continue;
      digests.push(await sha256(block));
      filled = 0;
    }
  }
  if (filled > 0) digests.push(await sha256(block.subarray(0, filled)));
  const all = new Uint8Array(32 * digests.length);
  for (const [i, digest] of digests.entries()) all.set(digest, 32 * i);
  return (await sha256(all)).toHex();
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
