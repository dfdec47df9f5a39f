// The EventSource of a real browser, headless Chromium: 1,000 events, with the
// connection cut inside event 501. The browser itself must come back with the
// id of the last whole event.
// Usage: node browser.mjs http://host:port

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const target = new URL(process.argv[2]);
const half = 500;
const total = 1000;

// A TCP proxy between browser and example, to cut the first stream at the same
// byte in every run. It notes what each request for the clock says it has.
const asked = [];
const sockets = new Set();
const proxy = net.createServer((client) => {
	const server = net.connect(Number(target.port), target.hostname);
	for (const [socket, other] of [[client, server], [server, client]]) {
		sockets.add(socket);
		socket.on("error", () => {}); // close follows
		socket.on("close", () => {
			sockets.delete(socket);
			other.end();
		});
	}

	// The requests are short and have no body.
	let head = "";
	client.on("data", (bytes) => {
		head += bytes.toString("latin1");
		for (let end; (end = head.indexOf("\r\n\r\n")) >= 0; head = head.slice(end + 4)) {
			const request = head.slice(0, end);
			if (request.startsWith("GET /api/clock ")) {
				asked.push(/^last-event-id: *(.*)$/im.exec(request)?.[1] ?? "");
			}
		}
		server.write(bytes);
	});

	const mark = `id: ${half + 1}\n`;
	let cut = false;
	let tail = ""; // the mark may come in two parts
	server.on("data", (bytes) => {
		if (cut) return;
		const text = tail + bytes.toString("latin1");
		const at = asked.length === 1 ? text.indexOf(mark) : -1;
		if (at < 0) {
			tail = text.slice(-(mark.length - 1));
			client.write(bytes);
			return;
		}
		cut = true;
		client.end(bytes.subarray(0, at + mark.length - tail.length));
		server.destroy();
	});
});

// Runs in the page. Resolves with the ids that the EventSource dispatched.
function collect(total) {
	return new Promise((resolve, reject) => {
		const ids = [];
		let breaks = 0;
		const source = new EventSource("/api/clock");
		source.addEventListener("tick", (event) => {
			ids.push([event.lastEventId, JSON.parse(event.data).tick]);
			if (ids.length === total) {
				source.close();
				resolve({ ids, breaks });
			}
		});
		source.onerror = () => {
			breaks++;
			if (source.readyState === EventSource.CLOSED) {
				reject(new Error(`the browser gave up after ${ids.length} events`));
			}
		};
	});
}

const found = ["chromium", "chromium-browser"].find(
	(name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

let browser;
let errors = "";
const profile = mkdtempSync(join(tmpdir(), "clients-"));

async function run() {
	if (!found) throw new Error("chromium is not installed");
	proxy.listen(0, "127.0.0.1");
	await once(proxy, "listening");

	browser = spawn(found, [
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--no-proxy-server", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank",
	], { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"], detached: true }); // a group of its own, to end all of it
	browser.stderr.on("data", (bytes) => { errors = (errors + bytes).slice(-4000); });

	// The DevTools protocol over descriptors 3 and 4: JSON, a NUL after each.
	const pending = new Map();
	const [, , , to, from] = browser.stdio;
	const lost = (err) => {
		for (const { reject } of pending.values()) reject(err);
		pending.clear();
	};
	to.on("error", lost);
	from.on("error", lost);
	browser.on("error", lost);
	browser.on("exit", (code, signal) => lost(new Error(`chromium ended: ${code ?? signal}`)));
	from.setEncoding("utf8");
	let text = "";
	from.on("data", (part) => {
		const messages = (text + part).split("\0");
		text = messages.pop();
		for (const message of messages) {
			const { id, result, error } = JSON.parse(message);
			const call = pending.get(id);
			pending.delete(id); // an event has no id
			if (error) call?.reject(new Error(error.message));
			else call?.resolve(result);
		}
	});
	let calls = 0;
	const call = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
		pending.set(++calls, { resolve, reject });
		to.write(JSON.stringify({ id: calls, method, params, sessionId }) + "\0");
	});
	const evaluate = async (expression, session) => {
		const { result, exceptionDetails: wrong } = await call("Runtime.evaluate",
			{ expression, awaitPromise: true, returnByValue: true }, session);
		if (wrong) throw new Error(wrong.exception?.description ?? wrong.text);
		return result.value;
	};

	// Any page of the example will do: the stream is then of the same origin.
	const page = `http://127.0.0.1:${proxy.address().port}/api/docs/x`;
	const { targetId } = await call("Target.createTarget", { url: "about:blank" });
	const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
	const { errorText } = await call("Page.navigate", { url: page }, sessionId);
	if (errorText) throw new Error(`${page}: ${errorText}`);
	while (await evaluate("location.href + document.readyState", sessionId) !== page + "complete") {
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	const { ids, breaks } = await evaluate(`(${collect})(${total})`, sessionId);

	ids.forEach(([id, tick], i) => {
		if (id !== String(i + 1) || tick !== i + 1) throw new Error(`id ${id}, tick ${tick} where ${i + 1} was due`);
	});
	if (breaks !== 1 || asked.join() !== `,${half}`) {
		throw new Error(`${breaks} breaks; Last-Event-ID of the requests: ${JSON.stringify(asked)}`);
	}
	call("Browser.close").catch(() => {}); // it may be gone before it answers
	return ids.length;
}

let timer;
const deadline = new Promise((_, reject) => {
	timer = setTimeout(() => reject(new Error("no end after 120 s")), 120_000);
});
try {
	const n = await Promise.race([run(), deadline]);
	console.log(`browser: ${n} events in order, over a reconnect after ${half}`);
} catch (err) {
	console.error("browser:", err);
	if (errors) console.error(errors);
	process.exitCode = 1;
}
clearTimeout(timer);

// Ends the browser where it has not ended by itself, and leaves nothing behind.
if (browser?.pid) {
	const gone = () => browser.exitCode !== null || browser.signalCode !== null;
	for (let i = 0; i < 100 && !gone() && !process.exitCode; i++) {
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	try {
		process.kill(-browser.pid, "SIGKILL");
	} catch {
		// The group is empty.
	}
	if (!gone()) await once(browser, "exit");
}
for (const socket of sockets) socket.destroy();
proxy.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
process.exit();
