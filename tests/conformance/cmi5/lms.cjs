// This platform to the public suite of cmi5: each act goes to the office that test_lms.py serves.
// Modules of Node by their short names: the jest that the suite brings knows no others.
"use strict";

const { once } = require("events");
const http = require("http");
const path = require("path");
// The suite knows a refused package by its own class; it is run in its own folder.
const { InvalidPackageError } = require(path.join(process.cwd(), "lib", "errors"));

const { CMI5_OFFICE, CMI5_ENDPOINT, CMI5_AUTHORIZATION } = process.env;
const UNFIT = 422;

async function bytes(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function ask(act, body) {
  const request = http.request(`${CMI5_OFFICE}/${act}`, { method: "POST" });
  request.end(body);
  const [reply] = await once(request, "response");
  const said = JSON.parse(await bytes(reply));
  if (reply.statusCode === UNFIT) throw new InvalidPackageError(said.error);
  if (reply.statusCode !== 200) throw new Error(said.error);
  return said;
}

const tell = (act, values) => ask(act, JSON.stringify(values));

module.exports = {
  // The database is made for this run and thrown away after it.
  setup: async () => {},
  teardown: async () => {},
  cleanup: async () => {},
  getLrsEndpoint: () => CMI5_ENDPOINT,
  getLrsAuthHeader: () => CMI5_AUTHORIZATION,
  importCourse: async (stream, _type, name) => (await ask(`import/${name}`, await bytes(stream))).course,
  getLaunchUrl: async (course, au, actor, { registration, launchMode }) =>
    (await tell("launch", { course, au, account: actor.account.name, registration, mode: launchMode })).address,
  hasWaive: () => true,
  waiveAU: async (registration, au, reason) => void (await tell("waive", { registration, au, reason })),
  hasAbandon: () => true,
  abandonSession: async (session) => void (await tell("abandon", { session })),
};
