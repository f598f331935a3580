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
  for (const [, declared] of code.matchAll(/var<workgroup>([^;]*);/g)) {
    const [, element, count] = declared.match(/^ \w+: array<(\w+), (\d+)>$/) ?? [];
    const each = ELEMENT_BYTES[element];
    if (each === undefined) throw new Error(`"var<workgroup>${declared}" has no known size`);
    bytes += Math.ceil(each * Number(count) / 16) * 16;
  }
  return bytes;
}
