// Has a browser's own EventSource read the clock through a TCP proxy, which cuts
// the connection after 500 events. The browser comes back by itself, with the
// id of the last event, and goes on to 1,000.
import { spawn } from "node:child_process";
import net from "node:net";

const server = new URL(process.argv[2]);
const profile = process.argv[3]; // a folder for what the browser writes
let events = 0;
let cut = false;
const proxy = net.createServer((client) => {
  const upstream = net.connect(Number(server.port), server.hostname);
  for (const [a, b] of [[client, upstream], [upstream, client]]) {
    a.on("error", () => b.destroy());
    a.on("close", () => b.destroy());
  }
  client.pipe(upstream);
  upstream.on("data", (data) => {
    events += data.toString("latin1").split("\nid: ").length - 1;
    client.write(data);
    if (!cut && events >= 500) {
      cut = true;
      client.destroy();
    }
  });
});
await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${proxy.address().port}`;

const browser = spawn("chromium", [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank",
], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });

let outcome = "it ended by itself"; // undefined once all is well
browser.on("exit", () => {
  if (outcome) console.error("browser:", outcome);
  process.exit(outcome ? 1 : 0);
});
function finish(error) {
  outcome = error;
  // Asked to close it ends its other processes too, which would write to the
  // profile while that is removed.
  call("Browser.close");
  setTimeout(() => browser.kill("SIGKILL"), 10_000);
}
const guard = setTimeout(() => finish("too slow"), 120_000);

// The protocol over the pipe is JSON messages, each followed by NUL.
const waiting = new Map();
let last = 0;
let text = "";
browser.stdio[4].on("data", (data) => {
  const messages = (text + data).split("\0");
  text = messages.pop();
  for (const m of messages.map((m) => JSON.parse(m))) {
    waiting.get(m.id)?.(m);
    waiting.delete(m.id);
  }
});
function call(method, params, sessionId) {
  return new Promise((resolve, reject) => {
    waiting.set(++last, (m) => (m.error ? reject(new Error(m.error.message)) : resolve(m.result)));
    browser.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId }) + "\0");
  });
}

// Any page of the example will do: it only has to be of the clock's origin.
const { targetId } = await call("Target.createTarget", { url: origin + "/api/docs/page" });
const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
const script = `new Promise((resolve) => {
  const ids = [];
  const source = new EventSource("${origin}/api/clock");
  source.addEventListener("tick", (e) => {
    ids.push(e.lastEventId);
    if (ids.length === 1000) { source.close(); resolve(ids.join()); }
  });
})`;
let result;
for (let tries = 0; ; tries++) { // until the page is there
  const page = await call("Runtime.evaluate", { expression: "location.origin" }, sessionId);
  if (page.result.value === origin) break;
  if (tries > 200) finish("no page");
  await new Promise((resolve) => setTimeout(resolve, 100));
}
({ result } = await call("Runtime.evaluate", { expression: script, awaitPromise: true }, sessionId));
clearTimeout(guard);
const want = Array.from({ length: 1000 }, (_, i) => String(i + 1)).join();
if (!cut) finish("the connection was never cut");
else finish(result.value === want ? undefined : `got ids ${result.value?.slice(0, 200)}`);
