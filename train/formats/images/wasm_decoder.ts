/** Image decoders that are C libraries compiled to WebAssembly with Emscripten. */

import { decoderError } from "./load_decoder.ts";

/** Pixels as such a decoder gives them: `[height, width, 4]` bytes, red, green, blue, alpha. */
export interface RgbaImage {
  /** Pixels per row. */
  width: number;
  /** Rows. */
  height: number;
  /** 0 to 255; colours are not multiplied by alpha. */
  data: Uint8ClampedArray;
}

/** The start of an Emscripten module: settings in, the running library out. */
export type CodecFactory<Options extends unknown[]> = (settings: {
  noInitialRun: boolean;
  print: (line: string) => void;
  printErr: (line: string) => void;
  instantiateWasm: (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance) => void,
  ) => WebAssembly.Exports;
}) => Promise<Codec<Options>>;

interface Codec<Options extends unknown[]> {
  decode(bytes: Uint8Array, ...options: Options): RgbaImage | null;
}

/** A decoder that is compiled once, and started again after a file has ended it. */
export class WasmDecoder<Options extends unknown[]> {
  readonly #factory: CodecFactory<Options>;
  readonly #url: URL;
  readonly #messages: string[] = [];
  #module: WebAssembly.Module | null = null;
  #codec: Codec<Options> | null = null;

  /** @param url where the library's `.wasm` file is. */
  constructor(factory: CodecFactory<Options>, url: URL) {
    this.#factory = factory;
    this.#url = url;
  }

  /**
   * Decodes a file.
   *
   * @returns the image, null where the library gives none, and the warnings that it printed
   * @throws {Error} with the library's last message, where it gives up
   * @throws {DecoderError} where the library cannot be read
   */
  async decode(
    bytes: Uint8Array,
    ...options: Options
  ): Promise<{ image: RgbaImage | null; warnings: string[] }> {
    const codec = this.#codec ??= await this.#start();
    this.#messages.length = 0;
    try {
      return { image: codec.decode(bytes, ...options), warnings: [...this.#messages] };
    } catch (error) {
      // The library has exited, and its memory is as it left it.
      this.#codec = null;
      const why = error instanceof Error ? error.message : "the decoder gave up";
      throw new Error(this.#messages.at(-1) ?? why);
    }
  }

  async #start(): Promise<Codec<Options>> {
    const module = this.#module ??= await this.#compiled();
    const print = (line: string) => void this.#messages.push(line);
    return await this.#factory({
      noInitialRun: true,
      print,
      printErr: print,
      instantiateWasm: (imports, done) => {
        const instance = new WebAssembly.Instance(module, imports);
        done(instance);
        return instance.exports;
      },
    });
  }

  async #compiled(): Promise<WebAssembly.Module> {
    try {
      return await WebAssembly.compile(await Deno.readFile(this.#url));
    } catch (error) {
      throw decoderError(error);
    }
  }
}
