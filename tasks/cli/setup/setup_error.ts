/** The set-up failed; the message names the problem and what to do. */
export class SetupError extends Error {
  /** The exit code of the process: 1, or 130 after Ctrl-C. */
  readonly exitCode: number;

  /** Takes the message to show and the exit code. */
  constructor(message: string, exitCode: number = 1) {
    super(message);
    this.name = "SetupError";
    this.exitCode = exitCode;
  }
}
