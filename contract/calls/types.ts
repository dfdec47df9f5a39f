// Calls of the API of this folder with openapi-fetch and the types that openapi-typescript makes of its
// document. The compiler must take the right ones, which also run, and refuse the wrong ones.
//
//	node calls/types.ts URL
import createClient from "openapi-fetch";
import type { components, paths } from "../out/types.ts";

declare const process: { argv: string[] };
type Schemas = components["schemas"];

const client = createClient<paths>({ baseUrl: process.argv[2]! });

function must(holds: boolean, what: string) {
  if (!holds) {
    throw new Error(`it should be that ${what}`);
  }
}

async function right() {
  const texts = {
    min: "ab", both: "a", pattern: "a", searched: "1", unicode: "Ab", enum: "new", bool: true, colour: "red", required: "", flag: false, count: 0,
  } as const;
  const rules = await client.POST("/rules/texts", { body: texts });
  const sort: "new" | "top" | undefined = rules.data?.enum;
  must(sort === "new", "a member with an enum has its values");

  const queries = await client.GET("/requests/queries", {
    params: { query: { required: "", needed: ["a", "b"], sort: "top", ints: [1, 2], comma: [3, 4], bool: true, time: "2024-02-29T12:00:00Z", duration: "1s" } },
  });
  must(queries.response.status === 200, "a query is taken");

  const row = await client.PUT("/members/rows/{id}", {
    params: { path: { id: 7 } },
    body: { name: "r", cell: { value: 1 }, opt: { value: 3 } },
    headers: { Authorization: "Bearer secret" },
  });
  const value: number | undefined = row.data?.opt?.value;
  must(value === 3, "a member that may be absent has its type");

  const refused = await client.PUT("/members/rows/{id}", {
    params: { path: { id: 7 } },
    body: { name: "x", cell: { value: 1 } },
    headers: { Authorization: "Bearer secret" },
  });
  const problem: Schemas["Problem"] | undefined = refused.error;
  must(problem?.errors?.[0]?.code === "pattern", "an error is a problem");

  const patch: Schemas["OptionalsInput"] = { text: null, required: "a", int: 1 };
  const optionals = await client.POST("/structs/optionals", { body: patch });
  must(optionals.data?.text === null, "an Optional may be null");

  const drawing = await client.POST("/code/drawing", { body: { main: { kind: "circle", radius: 1 }, shapes: [{ kind: "square", side: 2 }] } });
  const main = drawing.data?.main;
  must(main?.kind === "circle" && main.radius === 1, "one of several is told by its kind");

  const page: Schemas["Page_blog_Post"] = { items: [{ id: 1, title: "a", created: "2024-02-29T12:00:00Z" }], total: 1 };
  must(page.items?.[0]?.title === "a", "a generic type has a name");

  const created = await client.POST("/responses/created", { body: { id: 1, title: "a" } });
  must(created.response.status === 201 && created.data?.title === "a", "a whole response has its body");

  const all = await client.GET("/requests/all/{parts}", { params: { path: { parts: ["ab"] } } });
  must(all.data?.strings?.length === 1, "a catch-all is a list");

  const form = await client.POST("/forms/text", {
    body: { name: "Ada", colour: "green" },
    bodySerializer: (body) => new URLSearchParams(Object.entries(body).map(([name, value]) => [name, String(value)])),
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  });
  must(form.data?.text === "Ada", "a form has types");
}

export function wrong() {
  // @ts-expect-error: there is no such path
  client.GET("/requests/querys", {});
  // @ts-expect-error: the path has no such method
  client.DELETE("/requests/queries", {});
  // @ts-expect-error: a query that must be there is not
  client.GET("/requests/queries", { params: { query: { required: "" } } });
  // @ts-expect-error: a query of another type
  client.GET("/requests/queries", { params: { query: { required: "", needed: ["a"], int: "1" } } });
  // @ts-expect-error: a query that is not one of its values
  client.GET("/requests/queries", { params: { query: { required: "", needed: ["a"], sort: "old" } } });
  // @ts-expect-error: the path has a parameter
  client.GET("/requests/ints/{id}", {});
  // @ts-expect-error: a parameter of another type
  client.GET("/requests/ints/{id}", { params: { path: { id: "x" } } });
  // @ts-expect-error: a header and a cookie that must be there are not
  client.GET("/requests/headers", { params: { header: { "X-Trace": "a" } } });
  // @ts-expect-error: there must be a body
  client.POST("/rules/nested", {});
  // @ts-expect-error: a member that must be there is not
  client.POST("/responses/created", { body: { id: 1 } });
  // @ts-expect-error: a member of another type
  client.POST("/responses/created", { body: { title: 1 } });
  // @ts-expect-error: undefined is not the same as absent
  client.POST("/responses/created", { body: { title: "a", id: undefined } });
  // @ts-expect-error: a member that may be absent, and not null
  client.PUT("/members/rows/{id}", { params: { path: { id: 7 } }, body: { name: "r", cell: null } });
  // @ts-expect-error: required is about null as well
  client.POST("/structs/optionals", { body: { required: null } });
  // @ts-expect-error: neither a circle nor a square
  client.POST("/code/drawing", { body: { main: { kind: "triangle", side: 1 } } });
  // @ts-expect-error: a circle has no side
  client.POST("/code/drawing", { body: { main: { kind: "circle", side: 1 } } });
  // @ts-expect-error: a response member that is not there
  client.GET("/members/me", {}).then((r) => r.data?.email);
  // @ts-expect-error: a member that may be absent is not a number for sure
  client.GET("/structs/omitted", {}).then((r): number => r.data!.int);
  // @ts-expect-error: a pointer may be null
  client.GET("/structs/tree", {}).then((r): Schemas["Tree"][] => r.data!.children);
  // @ts-expect-error: parcels are not posts
  const parcel: Schemas["shop_Post"] = { id: 1, title: "a", created: "" } satisfies Schemas["blog_Post"];
  return parcel;
}

await right();
console.log("the calls of types.ts run");
