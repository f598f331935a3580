/** Bytes of an element in workgroup memory. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = { f32: 4, u32: 4, i32: 4, vec4f: 16 };

/**
 * Bytes of workgroup memory that a kernel declares, each variable in whole units of 16 bytes, as
 * WebGPU counts.
 *
 * @throws {Error} for a declaration whose size is not known
 */
export function workgroupBytes(code: string): number {
  let bytes = 0;
  for (const [, type] of code.matchAll(/var<workgroup> \w+:([^;]*);/g)) {
    const each = bytesOf(type.trim());
    if (each === undefined) throw new Error(`"var<workgroup>" of${type} has no known size`);
    bytes += Math.ceil(each / 16) * 16;
  }
  return bytes;
}

function bytesOf(type: string): number | undefined {
  const [, element, count] = type.match(/^array<(.+), (\d+)>$/) ?? [];
  if (element === undefined) return ELEMENT_BYTES[type];
  const each = bytesOf(element);
  return each === undefined ? undefined : each * Number(count);
}
