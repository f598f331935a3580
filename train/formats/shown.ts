const LONGEST = 100;

/** Text out of a file as an error quotes it: on one line and never long, whatever the file says. */
export function shown(text: string): string {
  const part = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  return `"${part.replaceAll(/[\p{C}\u2028\u2029]/gu, "\ufffd")}"`;
}
