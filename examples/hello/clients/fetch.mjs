// Reads the clock with fetch, is cut off after 500 events, and goes on to 1,000.
const url = process.argv[2] + "/api/clock";

// read collects the ids of events until there are enough of them.
async function read(ids, enough) {
  const headers = ids.length ? { "Last-Event-ID": ids.at(-1) } : {};
  const res = await fetch(url, { headers });
  if (res.headers.get("content-type") !== "text/event-stream") throw new Error("no event stream");
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of res.body) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split("\n\n");
    text = events.pop(); // not whole yet
    for (const event of events) {
      const id = event.match(/^id: (.*)$/m)?.[1];
      if (id === undefined) continue; // a comment
      ids.push(id);
      if (ids.length === enough) return; // which cancels the request
    }
  }
  throw new Error(`the stream ended after ${ids.length} events`);
}

const guard = setTimeout(() => { console.error("fetch: too slow"); process.exit(1); }, 60_000);
const ids = [];
await read(ids, 500);
await read(ids, 1000);
clearTimeout(guard);
const wrong = ids.findIndex((id, i) => id !== String(i + 1));
if (wrong >= 0) {
  console.error(`fetch: event ${wrong + 1} has id ${ids[wrong]}`);
  process.exit(1);
}
