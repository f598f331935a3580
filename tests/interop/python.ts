/** A Python that has PyTorch, Debian's (python3-torch) for instance; null where none is. */
export const python: string | null = ["python3", "/usr/bin/python3"].find((command) => {
  try {
    return new Deno.Command(command, { args: ["-c", "import numpy, torch"], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}) ?? null;

/** What the name of a test says where there is none. */
export const skipped: string = python ? "" : " (skipped: no python3 with torch on this machine)";
