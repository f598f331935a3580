import type { Collective } from "./collective.ts";

/**
 * The value of rank 0, on every rank; the others' are not looked at.
 *
 * @param value what JSON can say
 */
export async function broadcastValue<T>(collective: Collective, value: T): Promise<T> {
  if (collective.size === 1) return value;
  const isFirst = collective.rank === 0;
  const said = new TextEncoder().encode(isFirst ? JSON.stringify(value) : "");
  const length = Uint32Array.of(said.length);
  await collective.broadcast(new Uint8Array(length.buffer));
  const bytes = isFirst ? said : new Uint8Array(length[0]);
  await collective.broadcast(bytes);
  return JSON.parse(new TextDecoder().decode(bytes));
}
