/** The names of U+00A0 to U+00FF in HTML 4. */
const LATIN_1 = (
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn " +
  "sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave " +
  "Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml " +
  "ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN " +
  "szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute " +
  "icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml " +
  "yacute thorn yuml"
).split(" ");

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ...Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }),
  ...Object.entries({ lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”" }),
  ...Object.entries({ hellip: "…", ndash: "–", mdash: "—", trade: "™", euro: "€", bull: "•" }),
  ...LATIN_1.map((name, i) => [name, String.fromCharCode(0xa0 + i)] as const),
]);

/**
 * Cleans text as the tokenizer of CLIP's authors does by `ftfy`, but for what was decoded in a wrong
 * encoding (`cafÃ©`), which stays as it is: decodes HTML entities where there is no `<` (numbers, and
 * the names of Latin letters and common signs), takes ligatures apart, makes full-width letters
 * ordinary ones, straightens curly quotes, drops control characters and the byte-order mark, and
 * composes accents (NFC).
 *
 * @category Text
 */
export function cleanText(text: string): string {
  const decoded = text.includes("<")
    ? text
    : text.replaceAll(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{2,8}));/g, decodeEntity);
  return decoded
    // Presentation forms of Latin letters, and forms of another width.
    .replaceAll(/[\ufb00-\ufb06\uff01-\uffee]/g, (c) => c.normalize("NFKC"))
    .replaceAll(/[\u02bc\u2018-\u201b]/g, "'")
    .replaceAll(/[\u201c-\u201f]/g, '"')
    // deno-lint-ignore no-control-regex -- they are what is dropped
    .replaceAll(/[\0-\x08\x0b\x0e-\x1f\x7f\ufeff]/g, "")
    .normalize("NFC");
}

function decodeEntity(entity: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return ENTITIES.get(name) ?? entity;
  const code = decimal === undefined ? parseInt(hex!, 16) : Number(decimal);
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
  return isCharacter ? String.fromCodePoint(code) : entity;
}
