// Build the front-end files the portal serves: Bootstrap themed by learning/portal/styles, htmx, the Thai face.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { compile } from "sass";

const vendor = "learning/portal/static/vendor";

function copy(from, to) {
  mkdirSync(dirname(`${vendor}/${to}`), { recursive: true });
  copyFileSync(`node_modules/${from}`, `${vendor}/${to}`);
}

rmSync(vendor, { recursive: true, force: true });
copy("htmx.org/dist/htmx.min.js", "htmx.min.js");

// Three weights in two scripts; the unicode-range of each is the one the font's package declares.
for (const weight of [400, 600, 700]) {
  for (const script of ["thai", "latin"]) {
    const file = `sarabun-${script}-${weight}-normal.woff2`;
    copy(`@fontsource/sarabun/files/${file}`, `fonts/${file}`);
  }
}
copy("@fontsource/sarabun/LICENSE", "fonts/OFL.txt");

const { css } = compile("learning/portal/styles/portal.scss", {
  loadPaths: ["node_modules/bootstrap/scss"],
  style: "compressed",
  // Compressed output would start with a byte order mark, which has no place after our first line.
  charset: false,
  // Bootstrap 5.3 is written for Sass before modules; its own warnings are not ours to fix.
  quietDeps: true,
  silenceDeprecations: ["import"],
});
const { version } = JSON.parse(readFileSync("node_modules/bootstrap/package.json", "utf8"));
writeFileSync(`${vendor}/portal.css`, `@charset "UTF-8";\n/* Contains Bootstrap ${version} (MIT), getbootstrap.com */\n${css}`);
