const LONGEST = 100;

/** Quotes text of a file for an error: on one line, without control characters, and never long. */
export function shown(text: string): string {
  const part = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  return `"${part.replaceAll(/[\p{C}\u2028\u2029]/gu, "\ufffd")}"`;
}
