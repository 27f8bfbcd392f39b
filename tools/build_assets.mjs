// Build the front-end files the portal serves: Bootstrap themed by learning/portal/styles, htmx, the Thai
// face, and what plays packages.
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { compile } from "sass";

const vendor = "learning/portal/static/vendor";

function copy(from, to) {
  mkdirSync(dirname(`${vendor}/${to}`), { recursive: true });
  copyFileSync(`node_modules/${from}`, `${vendor}/${to}`);
}

rmSync(vendor, { recursive: true, force: true });
copy("htmx.org/dist/htmx.min.js", "htmx.min.js");

// What plays packages. Their source maps stay behind, so nothing may name one.
for (const version of ["scorm12", "scorm2004"]) {
  const script = readFileSync(`node_modules/scorm-again/dist/esm/${version}.min.js`, "utf8");
  mkdirSync(`${vendor}/scorm-again`, { recursive: true });
  writeFileSync(`${vendor}/scorm-again/${version}.min.js`, script.replace(/\n\/\/# sourceMappingURL=.*$/m, ""));
}
copy("scorm-again/LICENSE", "scorm-again/LICENSE.txt");
cpSync("node_modules/h5p-standalone/dist", `${vendor}/h5p-standalone`, { recursive: true });
copy("h5p-standalone/LICENSE", "h5p-standalone/LICENSE.txt");

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
