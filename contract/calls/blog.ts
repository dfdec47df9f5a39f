// Calls of the blog, as its front end would make them; see types.ts.
//
//	node calls/blog.ts URL TOKEN
import createClient from "openapi-fetch";
import type { components, paths } from "../out/blog.ts";

declare const process: { argv: string[] };
type Schemas = components["schemas"];

const client = createClient<paths>({ baseUrl: process.argv[2]! });
const headers = { Authorization: "Bearer " + process.argv[3] };

function must(holds: boolean, what: string) {
  if (!holds) {
    throw new Error(`it should be that ${what}`);
  }
}

async function right() {
  const created = await client.POST("/api/posts", { headers, body: { title: "A title", body: "A text" } });
  const post: Schemas["Post"] = created.data!;
  must(post.title === "A title", "what is created is returned");

  const comment = await client.POST("/api/posts/{id}/comments", { params: { path: { id: post.id } }, body: { author: "Ann", text: "Hello" } });
  must(comment.data?.postId === post.id, "a comment belongs to its post");

  const page = await client.GET("/api/posts", { params: { query: { q: "title", size: 1 } } });
  const titles: string[] | undefined = page.data?.posts?.map((p) => p.title);
  must(titles?.[0] === "A title", "a post is found");

  const missing = await client.GET("/api/posts/{id}", { params: { path: { id: 1_000_000 } } });
  must(missing.data === undefined && missing.error?.status === 404, "an error is a problem");

  const deleted = await client.DELETE("/api/posts/{id}", { headers, params: { path: { id: post.id } } });
  must(deleted.response.status === 204, "a post is deleted");
}

export function wrong() {
  // @ts-expect-error: a member of another type
  client.POST("/api/posts", { body: { title: 1, body: "" } });
  // @ts-expect-error: a query of another type
  client.GET("/api/posts", { params: { query: { size: "10" } } });
  // @ts-expect-error: the path has a parameter
  client.GET("/api/posts/{id}", {});
  // @ts-expect-error: a picture may be missing
  client.GET("/api/posts/{id}", { params: { path: { id: 1 } } }).then((r): string => r.data!.cover.url);
  // @ts-expect-error: there is no such member
  client.GET("/api/posts/{id}", { params: { path: { id: 1 } } }).then((r) => r.data?.subtitle);
}

await right();
console.log("the calls of blog.ts run");
