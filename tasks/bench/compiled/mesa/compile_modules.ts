/**
 * A script: compiles the modules that `FOLDER/modules.json` names for the family that the environment
 * forces, and writes what came of each to `FOLDER/compiled.json`.
 */
import { Radv } from "./radv.ts";

const [folder] = Deno.args;
const names: string[] = JSON.parse(await Deno.readTextFile(`${folder}/modules.json`));
const radv = new Radv();
const compiled = names.map((name) => radv.compile(Deno.readFileSync(`${folder}/${name}`)));
await Deno.writeTextFile(`${folder}/compiled.json`, JSON.stringify(compiled));
