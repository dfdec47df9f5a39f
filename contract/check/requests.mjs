// Makes requests from a server's document, right ones and wrong ones, and checks that the server does
// what the document says:
//
//	node check/requests.mjs URL [--credential NAME=HEADER:VALUE]… [--value OPERATION.PARAMETER=TEXT]… [--skip OPERATION]…
//
// URL is that of the document. What the document takes must not be a 400, and what it refuses must be
// one that names the place and the keyword. Every response must be one that the document has.
import { parseArgs } from "node:util";
import { Client } from "./client.mjs";
import { Judge } from "./judge.mjs";
import { Builder, operations } from "./operation.mjs";
import { Parameters } from "./parameters.mjs";
import { complaints, find } from "./response.mjs";
import { Values } from "./values.mjs";
import { faults, lenient, same } from "./verdict.mjs";

const { values: flags, positionals: [url] } = parseArgs({
  allowPositionals: true,
  options: {
    credential: { type: "string", multiple: true, default: [] },
    value: { type: "string", multiple: true, default: [] },
    skip: { type: "string", multiple: true, default: [] },
    show: { type: "string", default: "3" },
  },
});
const pairs = (list) => Object.fromEntries(list.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]));
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

const document = await (await fetch(url)).json();
const judge = new Judge(document);
const values = new Values(judge);
const parameters = new Parameters(judge, values);
const context = { judge, values, parameters };
const builder = new Builder(judge, values, parameters, { values: pairs(flags.value), file: png });
const credentials = pairs(flags.credential);
const server = judge.document.servers?.[0]?.url ?? "/";
const client = new Client(new URL(server, url));

const count = { operations: 0, taken: 0, refused: 0, lenient: 0, wrong: 0 };

for (const operation of operations(judge).filter((o) => !flags.skip.includes(o.id))) {
  count.operations++;
  const seen = new Set();
  const wrong = [];
  const media = operation.media.length > 0 ? operation.media : [undefined];
  for (const m of media) {
    for (const full of [true, false]) {
      const base = builder.base(operation, m, full);
      for (const request of [base, ...builder.variants(operation, base)]) {
        await check(operation, request, seen, wrong);
      }
    }
  }
  await checkEdges(operation, seen, wrong);
  for (const status of Object.keys(operation.responses).filter((s) => /^[23]\d\d$/.test(s) && !seen.has(s))) {
    wrong.push(`no request got the response ${status}`);
  }
  report(operation, wrong);
}
client.close();
console.log(`${url}: ${count.operations} operations, ${client.count} requests: ${count.taken} taken and ${count.refused} refused as documented, ${count.lenient} taken as by encoding/json, ${count.wrong} wrong`);
process.exit(count.wrong > 0 || count.taken === 0 ? 1 : 0);

// check sends one request and holds what comes back against the document.
async function check(operation, request, seen, wrong) {
  const expected = faults(context, operation, request);
  const response = await send(operation, request, headersFor(operation), seen, wrong);
  const complain = (text) => wrong.push(describe(request, expected, response, text));
  const sent = problem(response);
  if (request.isEmpty && response.status !== 400) { // an empty text may be no value
    count.taken++;
  } else if (expected.length === 0 && response.status === 400) {
    complain("the document takes it, and the server does not");
  } else if (lenient(expected) && response.status !== 400) {
    count.lenient++;
  } else if (expected.length > 0 && response.status !== 400) {
    complain("the document refuses it, and the server does not");
  } else if (expected.length > 0 && sent.errors === undefined && request.body?.text === undefined) {
    complain("the response does not say what is wrong");
  } else if (expected.length > 0 && (sent.errors ?? []).some((e) => !expected.some((f) => same(f, e)))) {
    complain("the response names something else");
  } else if (expected.length > 0) {
    count.refused++;
  } else {
    count.taken++;
  }
}

// checkEdges sends requests that are wrong as a whole.
async function checkEdges(operation, seen, wrong) {
  const base = builder.base(operation, operation.media[0], true);
  if (operation.security.length > 0) {
    const response = await send(operation, base, [], seen, wrong);
    if (response.status !== 401) {
      wrong.push(describe({ ...base, why: "without credentials" }, [], response, "it should be a 401"));
    }
  }
  if (operation.responses[304]) {
    const { headers } = await send(operation, base, headersFor(operation), seen, wrong);
    await send(operation, base, [...headersFor(operation), ["If-None-Match", headers.etag ?? "none"]], seen, wrong);
  }
  if (base.body?.json !== undefined) {
    await check(operation, { ...base, why: "a body that is cut", body: { ...base.body, text: '{"a":' } }, seen, wrong);
    const other = await send(operation, { ...base, body: { ...base.body, type: "text/plain", text: "{}" } }, headersFor(operation), seen, wrong);
    if (other.status !== 415) {
      wrong.push(describe({ ...base, why: "a text/plain body" }, [], other, "it should be a 415"));
    }
  }
}

async function send(operation, request, headers, seen, wrong) {
  const response = await client.send(builder.message(operation, request, headers));
  const exact = operation.responses[response.status] !== undefined;
  seen.add(exact ? String(response.status) : find(operation.responses, response.status) && "range");
  for (const text of complaints(context, operation, response)) {
    wrong.push(describe(request, [], response, text));
  }
  return response;
}

// headersFor returns what a client sends that may use the operation.
function headersFor(operation) {
  return (operation.security[0] ?? []).map((name) => {
    const text = credentials[name];
    if (text === undefined) {
      throw new Error(`${operation.id} needs --credential ${name}=HEADER:VALUE`);
    }
    const colon = text.indexOf(":");
    return [text.slice(0, colon), text.slice(colon + 1).trim()];
  });
}

function problem(response) {
  try {
    return JSON.parse(response.body) ?? {};
  } catch {
    return {};
  }
}

function describe(request, expected, response, text) {
  const faults = [...new Set(expected.map((f) => `${f.in} ${f.name} ${f.keyword}${f.value === null ? " (of null)" : ""}`))].slice(0, 6).join(", ");
  return `${text}\n    request:  ${request.why.slice(0, 300)}\n    response: ${response.status} ${response.body.toString().slice(0, 300).trim()}${faults && `\n    document: ${faults}`}`;
}

function report(operation, wrong) {
  count.wrong += wrong.length;
  if (wrong.length > 0) {
    console.log(`\n${operation.method.toUpperCase()} ${operation.path} (${operation.id}): ${wrong.length} disagreements`);
    wrong.slice(0, Number(flags.show)).forEach((text) => console.log(`  ${text}`));
  }
}
