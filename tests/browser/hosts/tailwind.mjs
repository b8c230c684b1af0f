// Tailwind's style sheet for one page, without its command line: node tailwind.mjs <node_modules> <page.html>
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, page] = process.argv.slice(2);
const { compile } = await import(pathToFileURL(join(modules, "tailwindcss", "dist", "lib.mjs")));
const loadStylesheet = async (id, base) => ({
  path: id,
  base,
  content: readFileSync(join(modules, "tailwindcss", "index.css"), "utf8"),
});
const compiled = await compile('@import "tailwindcss"; alongside-moment { --alongside-block-size: 24rem; display: block; block-size: 24rem; }', {
  base: "",
  loadStylesheet,
});
const classes = [...readFileSync(page, "utf8").matchAll(/class="([^"]*)"/g)].flatMap(([, names]) => names.split(/\s+/));
process.stdout.write(compiled.build(classes));
