/** A binding of a shader, in group 0. */
export interface SpirvBinding {
  readonly binding: number;
  readonly isUniform: boolean;
}

/** Numbers of SPIR-V's specification, 1.0. */
const [OP_VARIABLE, OP_DECORATE] = [59, 71];
const [DECORATION_BINDING, STORAGE_UNIFORM, STORAGE_BUFFER] = [33, 2, 12];
const HEADER_WORDS = 5;

/** The uniform and storage buffers that a module declares. */
export function spirvBindings(spirv: Uint8Array<ArrayBuffer>): SpirvBinding[] {
  const words = new Uint32Array(spirv.buffer, spirv.byteOffset, spirv.byteLength / 4);
  const numbers = new Map<number, number>();
  const variables: { readonly id: number; readonly storage: number }[] = [];
  for (let i = HEADER_WORDS; i < words.length; i += words[i] >>> 16) {
    const op = words[i] & 0xffff;
    if (op === OP_DECORATE && words[i + 2] === DECORATION_BINDING) {
      numbers.set(words[i + 1], words[i + 3]);
    } else if (op === OP_VARIABLE) {
      variables.push({ id: words[i + 2], storage: words[i + 3] });
    }
  }
  return variables
    .filter(({ storage }) => storage === STORAGE_UNIFORM || storage === STORAGE_BUFFER)
    .map(({ id, storage }) => ({
      binding: numbers.get(id)!,
      isUniform: storage === STORAGE_UNIFORM,
    }));
}
