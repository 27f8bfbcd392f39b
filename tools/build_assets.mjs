// Copy the front-end libraries from node_modules to the portal's static files.
import { cpSync, mkdirSync, rmSync } from "node:fs";

const vendor = "learning/portal/static/vendor";
rmSync(vendor, { recursive: true, force: true });
for (const [from, to] of [
  ["bootstrap/dist/css/bootstrap.min.css", "bootstrap/bootstrap.min.css"],
  ["bootstrap/dist/js/bootstrap.bundle.min.js", "bootstrap/bootstrap.bundle.min.js"],
  ["htmx.org/dist/htmx.min.js", "htmx/htmx.min.js"],
]) {
  mkdirSync(`${vendor}/${to}`.replace(/\/[^/]*$/, ""), { recursive: true });
  cpSync(`node_modules/${from}`, `${vendor}/${to}`);
}
