/** A Python that has these modules, Debian's for instance; null where none is. */
export function pythonWith(modules: string): string | null {
  return ["python3", "/usr/bin/python3"].find((command) => {
    try {
      return new Deno.Command(command, { args: ["-c", `import ${modules}`], stderr: "null" })
        .outputSync().success;
    } catch {
      return false;
    }
  }) ?? null;
}

/** What the name of a test says where there is none. */
export function missing(python: string | null, what: string): string {
  return python ? "" : ` (skipped: no python3 with ${what} on this machine)`;
}

/** A Python that has PyTorch, Debian's (python3-torch) for instance; null where none is. */
export const python: string | null = pythonWith("numpy, torch");

/** What the name of a test says where there is none. */
export const skipped: string = missing(python, "torch");
