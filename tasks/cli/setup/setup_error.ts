/** The set-up cannot go on; the message says what is wrong and what to do, ready to be shown. */
export class SetupError extends Error {
  /** What the process should exit with: 1, or 130 after Ctrl-C. */
  readonly exitCode: number;

  /** Takes the message to show and the exit code to leave with. */
  constructor(message: string, exitCode: number = 1) {
    super(message);
    this.name = "SetupError";
    this.exitCode = exitCode;
  }
}
