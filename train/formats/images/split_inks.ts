/**
 * Splits a JPEG file of four components into two of three, for a decoder that takes no more. The
 * coefficients are not decoded: predictions stay within a component, so that the codes of each block
 * are copied as they are (ITU-T T.81, annexes F and G).
 */

import { BitReader, type Codes, endOfData, JpegWriter, readCodes } from "./entropy_bits.ts";
import { UnsupportedImage } from "./rgb_image.ts";

/** Two files of three components, and which of them in the second is the fourth ink. */
export interface SplitInks {
  /** The first three components; as YCbCr where those of the whole are YCCK. */
  colours: Uint8Array;
  /** The fourth component, and two of the others that keep the sampling grid. */
  black: Uint8Array;
  /** The place of the fourth component in `black`: 0, 1 or 2. */
  at: number;
}

/**
 * Splits a whole file.
 *
 * @param isYcck whether the components are YCCK, not CMYK
 * @throws {Error} where the data end early
 * @throws {UnsupportedImage} where they are coded or arranged in a way that hardly any file is
 */
export function splitInks(bytes: Uint8Array, isYcck: boolean): SplitInks {
  const splitter = new Splitter(bytes, isYcck);
  for (let at = 2; at >= 0;) at = splitter.segment(at);
  return splitter.done();
}

interface Component {
  id: number;
  /** Sampling factors. */
  h: number;
  v: number;
}

/** A file that is written, and the components in it. */
interface Output {
  file: JpegWriter;
  ids: number[];
}

const [SOF0, SOF2, SOF15, DHT, EOI, SOS, DQT, DRI] = [
  0xc0,
  0xc2,
  0xcf,
  0xc4,
  0xd9,
  0xda,
  0xdb,
  0xdd,
];
/** Start of the image, and an Adobe segment but for its last byte, the colour transform. */
const ADOBE = [0xff, 0xd8, 0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0];

class Splitter {
  readonly #bytes: Uint8Array;
  readonly #outputs: Output[];
  readonly #codes = new Map<number, Codes>();
  #components: Component[] = [];
  #isProgressive = false;
  /** Minimum coded units of a scan of several components, and between restarts. */
  #units = 0;
  #interval = 0;

  constructor(bytes: Uint8Array, isYcck: boolean) {
    this.#bytes = bytes;
    this.#outputs = [isYcck ? 1 : 0, 0].map((transform) => {
      // Stuffed zeros may be more where bytes begin at other bits.
      const file = new JpegWriter(2 * bytes.length + 64);
      file.bytes([...ADOBE, transform]);
      return { file, ids: [] };
    });
  }

  /** Copies the segment after `at`, and its data. @returns where it ends; -1 after the last */
  segment(at: number): number {
    const bytes = this.#bytes;
    while (bytes[at] !== 0xff) if (++at >= bytes.length) throw new Error("its data end early");
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++];
    if (marker === EOI) return -1;
    const end = at + (bytes[at] << 8 | bytes[at + 1]);
    const payload = bytes.subarray(at + 2, end);
    if (marker === DQT || marker === DHT || marker === DRI) {
      for (const { file } of this.#outputs) file.bytes(bytes.subarray(at - 2, end));
    }
    if (marker === DHT) readCodes(payload, this.#codes);
    else if (marker === DRI) this.#interval = payload[0] << 8 | payload[1];
    else if (marker >= SOF0 && marker <= SOF15) this.#frame(marker, payload);
    else if (marker === SOS) return this.#scan(payload, end);
    return end;
  }

  done(): SplitInks {
    const [colours, black] = this.#outputs.map(({ file }) => {
      file.bytes([0xff, EOI]);
      return file.done();
    });
    return { colours, black, at: this.#outputs[1].ids.indexOf(this.#components[3].id) };
  }

  #frame(marker: number, payload: Uint8Array): void {
    if (marker > SOF2) throw unsupported("coded");
    this.#isProgressive = marker === SOF2;
    const components = Array.from({ length: 4 }, (_, i) => {
      const [id, factors] = payload.subarray(6 + 3 * i);
      return { id, h: factors >> 4, v: factors & 15 };
    });
    this.#components = components;
    const [h, v] = grid(components);
    const [height, width] = [payload[1] << 8 | payload[2], payload[3] << 8 | payload[4]];
    this.#units = Math.ceil(width / (8 * h)) * Math.ceil(height / (8 * v));
    const keepsGrid = (places: number[]) =>
      String(grid(places.map((i) => components[i]))) === String([h, v]);
    const black = [[0, 1, 3], [0, 2, 3], [1, 2, 3]].find(keepsGrid);
    if (!black || !keepsGrid([0, 1, 2])) throw unsupported("sampled");
    for (const [i, places] of [[0, 1, 2], black].entries()) {
      const { file, ids } = this.#outputs[i];
      file.bytes([0xff, marker, 0, 17, ...payload.subarray(0, 5), 3]);
      for (const place of places) {
        file.bytes(payload.subarray(6 + 3 * place, 9 + 3 * place));
        ids.push(components[place].id);
      }
    }
  }

  #scan(payload: Uint8Array, start: number): number {
    const scanned = Array.from({ length: payload[0] }, (_, i) => {
      const [id, tables] = payload.subarray(1 + 2 * i);
      return { id, tables };
    });
    const spectrum = payload.subarray(1 + 2 * scanned.length);
    const outputs = this.#outputs.map(({ file, ids }) => {
      const kept = scanned.filter(({ id }) => ids.includes(id));
      const header = kept.flatMap(({ id, tables }) => [id, tables]);
      if (kept.length > 0) {
        file.bytes([0xff, SOS, 0, 6 + header.length, kept.length, ...header, ...spectrum]);
      }
      return { file, ids: kept.map(({ id }) => id) };
    }).filter(({ ids }) => ids.length > 0);
    if (scanned.length > 1) return this.#interleaved(scanned, spectrum, outputs, start);
    const end = endOfData(this.#bytes, start);
    for (const { file } of outputs) file.bytes(this.#bytes.subarray(start, end));
    return end;
  }

  /** Copies the data of a scan of several components. @returns where they end */
  #interleaved(
    scanned: readonly { id: number; tables: number }[],
    spectrum: Uint8Array,
    outputs: readonly Output[],
    start: number,
  ): number {
    const parts = scanned.map(({ id, tables }) => {
      const component = this.#components.find((component) => component.id === id);
      if (!component) throw new Error(`a scan is of component ${id}, which is not declared`);
      const { h, v } = component;
      const into = outputs.filter(({ ids }) => ids.includes(id));
      // Alone in a scan, a component's blocks come in another order.
      if (h * v > 1 && into.some(({ ids }) => ids.length === 1)) throw unsupported("arranged");
      const [dc, ac] = [this.#codes.get(tables >> 4), this.#codes.get(16 | tables & 15)];
      return { files: into.map(({ file }) => file), blocks: h * v, dc, ac };
    });
    const isRefinement = this.#isProgressive && spectrum[2] >> 4 > 0;
    const reader = new BitReader(this.#bytes, start);
    for (let unit = 0; unit < this.#units; unit++) {
      if (this.#interval > 0 && unit > 0 && unit % this.#interval === 0) {
        const restart = reader.restart();
        for (const { file } of outputs) file.restart(restart);
      }
      for (const { files, blocks, dc, ac } of parts) {
        for (let block = 0; block < blocks; block++) {
          if (isRefinement) reader.copy(1, files);
          else reader.copy(reader.symbol(dc, files), files);
          if (!this.#isProgressive) copyCoefficients(reader, ac, files);
        }
      }
    }
    for (const { file } of outputs) file.align();
    return endOfData(this.#bytes, reader.at);
  }
}

/** Copies a block's 63 coefficients but the first: runs of zeros, and the sizes of what follows. */
function copyCoefficients(
  reader: BitReader,
  codes: Codes | undefined,
  files: readonly JpegWriter[],
): void {
  const SIXTEEN_ZEROS = 0xf0;
  for (let k = 1; k < 64; k++) {
    const symbol = reader.symbol(codes, files);
    if ((symbol & 15) === 0 && symbol !== SIXTEEN_ZEROS) return;
    k += symbol >> 4;
    reader.copy(symbol & 15, files);
  }
}

/** The largest sampling factors. */
function grid(components: readonly Component[]): [h: number, v: number] {
  return [Math.max(...components.map(({ h }) => h)), Math.max(...components.map(({ v }) => v))];
}

function unsupported(what: string): UnsupportedImage {
  return new UnsupportedImage(`its four inks are ${what} in a rare way, save it anew`);
}
