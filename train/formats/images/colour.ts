import type { Rgb } from "./rgb_of.ts";

const NAMED: Readonly<Record<string, Rgb>> = {
  white: [255, 255, 255],
  black: [0, 0, 0],
  grey: [128, 128, 128],
};

/** The texts that {@linkcode colourOf} takes: a name, or hexadecimal digits as in CSS. */
export const COLOUR: RegExp = new RegExp(
  `^(${Object.keys(NAMED).join("|")}|#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6})$`,
);

/**
 * A colour of a text that matches {@linkcode COLOUR}: `white`, `#ffffff` and `#fff` are the same.
 *
 * @throws {TypeError} where it does not match
 */
export function colourOf(text: string): Rgb {
  if (!COLOUR.test(text)) throw new TypeError(`${text} is no colour`);
  if (Object.hasOwn(NAMED, text)) return NAMED[text];
  const digits = text.length === 4 ? text.slice(1).replace(/./g, "$&$&") : text.slice(1);
  const channel = (i: number) => parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return [channel(0), channel(1), channel(2)];
}
