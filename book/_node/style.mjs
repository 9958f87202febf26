// One style sheet of several: node style.mjs FOLDER SHEET …, in their order, into FOLDER/_static/style.css.
// The theme's own are half a megabyte of rules for things that no page has: what no page and no script names goes.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, posix } from "node:path";

const PACKAGES = process.env.NODE_PACKAGES;
const { PurgeCSS } = createRequire(join(PACKAGES, "index.js"))("purgecss");
const OF_THE_THEME = /^_static\/(styles\/|basic|mystnb|copybutton)/;
const STATE = ["open", "hidden", "disabled", "checked", "data-theme", "data-mode", "aria-pressed", "aria-expanded", "popover"];

const [folder, ...sheets] = process.argv.slice(2);

async function used(css) {
  const content = [`${folder}/*.html`, `${folder}/_static/**/*.js`];
  const [{ css: left }] = await new PurgeCSS().purge({ content, css: [{ raw: css }], dynamicAttributes: STATE, variables: false });
  return left;
}

// What a sheet refers to lies beside it.
const rebased = (css, place) =>
  css.replace(/url\((?!["']?(?:data:|#))["']?([^"')]+)["']?\)/g, (_, url) => `url(${posix.join(place, url)})`);

// A sheet's text, with the sheets that it imports in their places.
const read = (sheet) =>
  readFileSync(join(folder, sheet), "utf-8")
    .replace(/^@charset[^;]*;/, "")
    .replace(/\/\*# sourceMappingURL.*?\*\//g, "")
    .replace(/@import (?:url\()?["']([^"']+)["']\)?;/g, (_, url) => read(posix.join(posix.dirname(sheet), url)));

const parts = [];
for (const sheet of sheets) {
  const css = read(sheet);
  parts.push(rebased(OF_THE_THEME.test(sheet) ? await used(css) : css, posix.relative("_static", posix.dirname(sheet))));
}
// Comments stay that hold a licence.
const spoken = parts.join("\n").replace(/\/\*(?!!)[\s\S]*?\*\//g, "").replace(/\n\s+/g, "\n");
writeFileSync(join(folder, "_static", "style.css"), spoken);
