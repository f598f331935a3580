/**
 * Writes to standard error. Where nobody reads it any more, as after the terminal was closed, the
 * text is lost and nothing else: a run that is being saved must not end by its messages.
 */
export function writeToStandardError(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // A closed pipe (EPIPE), a closed terminal (EIO), a full disk: there is nowhere to say so.
  }
}

/** The width of the terminal; 80 where there is none, or none any more. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}
