// The browser of the suite: the one that this machine has.
"use strict";

module.exports = { launch: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] } };
