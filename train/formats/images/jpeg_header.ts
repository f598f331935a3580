/** What a JPEG file says of itself before and between its data (ITU-T T.81, annex B). */

/** The parts of a JPEG file that its reader decides by. */
export interface JpegHeader {
  /** Pixels per row, as declared. */
  width: number;
  /** Rows, as declared. */
  height: number;
  /** Colour components: 1 grey, 3 colour, 4 print colours. */
  components: number;
  /** The colour transform that an Adobe segment names: 0 none, 1 YCbCr, 2 YCCK; null without it. */
  adobe_transform: number | null;
  /** The payload of the EXIF segment. */
  exif: Uint8Array | null;
  /** Whether the end-of-image marker comes after the last scan. */
  isWhole: boolean;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;
const APP14 = 0xee;
/** Frames of every kind; the three left out between them are no frames. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
/** Markers without a payload: restarts, and TEM. */
const stands = (marker: number) => (marker >= 0xd0 && marker <= SOI) || marker === 0x01;

/**
 * Walks over the segments of a JPEG file up to the end of the image; whatever follows is ignored.
 *
 * @throws {Error} where no frame comes before the image data
 */
export function jpegHeader(bytes: Uint8Array): JpegHeader {
  const header: JpegHeader = {
    width: 0,
    height: 0,
    components: 0,
    adobe_transform: null,
    exif: null,
    isWhole: false,
  };
  let scans = 0;
  let at = 2;
  while (true) {
    at = nextMarker(bytes, at);
    if (at < 0) break;
    const marker = bytes[at++];
    if (marker === EOI) {
      header.isWhole = scans > 0;
      break;
    }
    if (stands(marker)) continue;
    const length = (bytes[at] << 8) | bytes[at + 1];
    const payload = bytes.subarray(at + 2, at + length);
    at += Math.max(length, 2);
    if (isFrame(marker) && payload.length >= 6) {
      header.height = (payload[1] << 8) | payload[2];
      header.width = (payload[3] << 8) | payload[4];
      header.components = payload[5];
    } else if (marker === APP1 && !header.exif && startsWith(payload, "Exif\0")) {
      header.exif = payload;
    } else if (marker === APP14 && startsWith(payload, "Adobe")) {
      header.adobe_transform = payload[11] ?? null;
    } else if (marker === SOS) {
      scans++;
    }
  }
  if (header.components === 0) {
    throw new Error(scans > 0 ? "it declares no size" : "it ends within its header");
  }
  return header;
}

/**
 * Where the next marker's code is, from `at` on; -1 where there is none. In image data 0xff 0x00 is
 * a byte, and between segments everything up to 0xff is passed over, as libjpeg does.
 */
function nextMarker(bytes: Uint8Array, at: number): number {
  while (true) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return -1;
    while (bytes[at] === 0xff) at++;
    if (at >= bytes.length) return -1;
    if (bytes[at] !== 0) return at;
  }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
}
