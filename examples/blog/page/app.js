// The page of the blog: plain JavaScript, no build step. What people have
// written gets into the page as textContent only, never as HTML.

const find = (selector, root = document) => root.querySelector(selector);

// ---- Secrets: the token is in this tab only, and goes when the tab goes.

const token = () => sessionStorage.getItem("token");

function setToken(value) {
	if (value) sessionStorage.setItem("token", value);
	else sessionStorage.removeItem("token");
	find("#sign").textContent = value ? "Sign out" : "Sign in";
	showAdmin();
}

// showAdmin shows what only the admin can use. The server does not rely on it.
function showAdmin(root = document) {
	for (const e of root.querySelectorAll("[data-admin]")) e.hidden = !token();
}

// ---- The API

// A Problem is an answer of application/problem+json.
class Problem extends Error {
	constructor(status, body = {}) {
		super(body.detail || body.title || `The server answered ${status}.`);
		this.status = status;
		this.fields = body.errors ?? [];
	}
}

const unreachable = () => new Problem(0, { detail: "The server cannot be reached." });

async function api(method, path, body) {
	const headers = {};
	if (token()) headers.Authorization = `Bearer ${token()}`;
	if (body) headers["Content-Type"] = "application/json";
	let res;
	try {
		res = await fetch(`/api${path}`, { method, headers, body: body && JSON.stringify(body) });
	} catch {
		throw unreachable();
	}
	if (!res.ok) throw new Problem(res.status, await res.json().catch(() => ({})));
	return res.status === 204 ? null : res.json();
}

// upload is not api, because fetch does not say how much of a body has been sent.
function upload(path, form, onProgress) {
	return new Promise((resolve, reject) => {
		const xhr = new XMLHttpRequest();
		xhr.open("PUT", `/api${path}`);
		xhr.setRequestHeader("Authorization", `Bearer ${token()}`);
		xhr.responseType = "json";
		xhr.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total);
		xhr.onload = () => (xhr.status < 300 ? resolve(xhr.response) : reject(new Problem(xhr.status, xhr.response ?? {})));
		xhr.onerror = () => reject(unreachable());
		xhr.send(form);
	});
}

// ---- Forms: errors stand at the fields that the server names.

function clearProblem(form) {
	find(".problem", form).textContent = "";
	for (const e of form.querySelectorAll(".error")) e.textContent = "";
	for (const e of form.querySelectorAll("[aria-invalid]")) e.removeAttribute("aria-invalid");
}

function showProblem(form, problem) {
	const rest = [];
	let first = null;
	for (const { name, detail } of problem.fields ?? []) {
		const input = form.elements[name];
		if (!input) {
			rest.push(`${name} ${detail}`);
			continue;
		}
		input.setAttribute("aria-invalid", "true");
		find(`#${input.id}-error`).textContent = `${input.labels[0].textContent} ${detail}.`;
		first ??= input;
	}
	if (!first) rest.push(problem.message);
	find(".problem", form).textContent = rest.join("; ");
	first?.focus();
}

// onSubmit runs an action for a form, one at a time.
function onSubmit(form, action) {
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (form.ariaBusy === "true") return;
		form.ariaBusy = "true";
		clearProblem(form);
		try {
			await action(form.elements);
		} catch (problem) {
			if (problem.status === 401 && form.id !== "sign-form") askToken(problem.message);
			else showProblem(form, problem);
		} finally {
			form.ariaBusy = "false";
		}
	});
}

function notify(text) {
	find("#notice").textContent = text;
	clearTimeout(notify.timer);
	notify.timer = setTimeout(() => (find("#notice").textContent = ""), 6000);
}

// ---- Dialogs

function askToken(why = "") {
	const form = find("#sign-form");
	setToken("");
	form.reset();
	clearProblem(form);
	find(".problem", form).textContent = why;
	find("#sign-dialog").showModal();
}

onSubmit(find("#sign-form"), async ({ token: input }) => {
	setToken(input.value.trim());
	try {
		await api("GET", "/session");
	} catch (problem) {
		setToken("");
		if (problem.status === 401) problem.fields = [{ name: "token", detail: "is not right" }];
		throw problem;
	}
	find("#sign-dialog").close();
	notify("You are signed in.");
});

find("#sign").addEventListener("click", () => {
	if (!token()) return askToken();
	setToken("");
	notify("You are signed out.");
});

find("[data-close]").addEventListener("click", () => find("#sign-dialog").close());

function confirmed(question) {
	const dialog = find("#confirm-dialog");
	const ask = (resolve) => {
		find("#confirm-title").textContent = question;
		dialog.returnValue = "";
		dialog.showModal();
		dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
	};
	// The event comes after the dialog is gone, and must not answer the next question.
	return (answered = answered.then(() => new Promise(ask)));
}

let answered = Promise.resolve(); // of the question before

// remove deletes something after a question, and reports whether it is gone.
async function remove(path, question) {
	if (!(await confirmed(question))) return false;
	try {
		await api("DELETE", path);
		return true;
	} catch (problem) {
		if (problem.status === 401) askToken(problem.message);
		else notify(problem.message);
		return false;
	}
}

// ---- Showing things

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function setTime(element, text, format) {
	element.dateTime = text;
	element.textContent = format.format(new Date(text));
}

const commentsOf = (n) => (n === 1 ? "1 comment" : `${n} comments`);

function setCover(img, cover) {
	img.hidden = !cover;
	if (cover) {
		img.src = cover.url;
		img.alt = cover.alt;
	} else {
		img.removeAttribute("src");
	}
}

function cardOf(post) {
	const card = find("#card").content.cloneNode(true);
	find("a", card).href = `#/posts/${post.id}`;
	find(".card-title", card).textContent = post.title;
	find(".card-body", card).textContent = post.body;
	find(".count", card).textContent = commentsOf(post.comments);
	find(".count", card).dataset.post = post.id;
	setTime(find("time", card), post.created, day);
	setCover(find("img", card), post.cover);
	return card;
}

function commentOf(comment, withPost) {
	const item = find("#comment").content.cloneNode(true).firstElementChild;
	item.dataset.comment = comment.id;
	find(".author", item).textContent = comment.author;
	find(".text", item).textContent = comment.text;
	setTime(find("time", item), comment.created, minute);
	const on = find(".on", item);
	if (withPost) {
		on.href = `#/posts/${comment.postId}`;
		on.textContent = "Go to the post";
		on.ariaLabel = `Go to the post on which ${comment.author} commented`;
		find("button", item).remove();
	} else {
		on.remove();
		find("button", item).ariaLabel = `Delete the comment of ${comment.author}`;
		find("button", item).addEventListener("click", () => deleteComment(comment));
	}
	showAdmin(item);
	return item;
}

async function deleteComment(comment) {
	if (!(await remove(`/comments/${comment.id}`, `Delete the comment of ${comment.author}?`))) return;
	for (const e of document.querySelectorAll(`[data-comment="${comment.id}"]`)) e.remove();
	if (current) setCount(current, current.comments - 1);
	find("#comments-title").focus(); // the button that had it is gone
	notify("The comment is deleted.");
}

function setCount(post, n) {
	post.comments = n;
	find("#comment-count").textContent = n || "";
}

// ---- Views: the part of the address after # says which one is shown.

let current = null; // the post that is shown
let turn = 0; // counts up, so that a slow answer does not replace a later view

const views = {
	"": showList,
	new: () => showEditor(null),
	posts: async (id, action) => {
		const post = await api("GET", `/posts/${encodeURIComponent(id)}`);
		return action === "edit" ? showEditor(post) : showPost(post);
	},
};

async function navigate(event) {
	const mine = ++turn;
	const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
	const [name, ...args] = path.split("/");
	let show;
	try {
		if (!Object.hasOwn(views, name)) throw new Problem(404, { detail: "There is no such page" });
		show = await views[name](...args, new URLSearchParams(query));
	} catch (problem) {
		show = () => {
			find("#error-title").textContent = problem.message;
			return ["error", problem.message];
		};
	}
	if (mine !== turn) return;
	current = null;
	const [view, title] = show();
	for (const s of find("main").children) s.hidden = s.id !== `view-${view}`;
	document.title = title ? `${title} – Marginalia` : "Marginalia";
	if (event) { // not at the start: a new page begins at its top
		scrollTo(0, 0);
		find(`#view-${view} h1`).focus({ preventScroll: true });
	}
}

// Each of these gets what it needs, and returns a function that shows it.

async function showList(query) {
	const q = query.get("q") ?? "";
	const page = Number(query.get("page")) || 1;
	const list = await api("GET", `/posts?${new URLSearchParams({ q, page, size: 6 })}`);
	return () => {
		find("#search").value = q;
		find("#posts").replaceChildren(...list.posts.map(cardOf));
		find("#found").textContent = foundText(q, list.total);
		find("#page-number").textContent = `Page ${page} of ${list.pages}`;
		find(".pager").hidden = list.pages < 2;
		setPage("#newer", q, page - 1, page > 1);
		setPage("#older", q, page + 1, page < list.pages);
		return ["list", ""];
	};
}

function foundText(q, n) {
	if (q) return n === 1 ? `1 post has “${q}”.` : `${n || "No"} posts have “${q}”.`;
	return n ? "" : "There are no posts yet. Sign in, and write the first one.";
}

function setPage(selector, q, page, there) {
	find(selector).hidden = !there;
	find(selector).href = `#/?${new URLSearchParams({ ...(q && { q }), page })}`;
}

async function showPost(post) {
	const comments = await commentsAfter(post.id, 0);
	return () => {
		current = post;
		find("#post-title").textContent = post.title;
		setTime(find("#post-date"), post.created, day);
		setCover(find("#post-cover"), post.cover);
		find("#post-body").replaceChildren(...post.body.split(/\n{2,}/).map(paragraph));
		find("#edit").href = `#/posts/${post.id}/edit`;
		find("#comments").replaceChildren(...comments.map((c) => commentOf(c)));
		setCount(post, comments.length);
		find("#comment-form").reset();
		clearProblem(find("#comment-form"));
		catchUp().catch(() => {});
		return ["post", post.title];
	};
}

async function commentsAfter(post, last) {
	const most = 100;
	const all = [];
	let part;
	do {
		part = await api("GET", `/posts/${post}/comments?after=${all.at(-1)?.id ?? last}&limit=${most}`);
		all.push(...part);
	} while (part.length === most);
	return all;
}

function paragraph(text) {
	const p = document.createElement("p");
	p.textContent = text;
	return p;
}

async function showEditor(post) {
	return () => {
		const form = find("#post-form");
		form.reset();
		clearProblem(form);
		setPicture();
		editing = post;
		find("#edit-title").textContent = post ? "Edit a post" : "Write a post";
		find("#cancel").href = post ? `#/posts/${post.id}` : "#/";
		form.elements.title.value = post?.title ?? "";
		form.elements.body.value = post?.body ?? "";
		if (!token()) askToken("Sign in to write.");
		return ["edit", post ? "Edit" : "Write"];
	};
}

find(".search").addEventListener("submit", (event) => {
	event.preventDefault();
	const q = find("#search").value.trim();
	location.hash = q ? `#/?${new URLSearchParams({ q })}` : "#/";
});

find("#delete").addEventListener("click", async () => {
	const post = current;
	if (!(await remove(`/posts/${post.id}`, `Delete “${post.title}”?`))) return;
	await loadLatest();
	location.hash = "#/";
	notify("The post is deleted.");
});

// ---- Writing a post: the text first, then the picture.

const maxUpload = 5 << 20; // the server's limit, picture and form together
let editing = null; // the post that is edited, null for a new one

function setPicture() {
	const file = find("#picture").files[0];
	URL.revokeObjectURL(find("#preview").src);
	setCover(find("#preview"), file && { url: URL.createObjectURL(file), alt: "The picture that you have chosen" });
	find("#alt-field").hidden = !file;
}

find("#picture").addEventListener("change", setPicture);

onSubmit(find("#post-form"), async ({ title, body, picture, alt }) => {
	const file = picture.files[0];
	if (file && file.size > maxUpload - 1024) {
		throw Object.assign(new Problem(413), { fields: [{ name: "picture", detail: "must not be larger than 5 MB" }] });
	}
	const text = { title: title.value, body: body.value };
	// If the picture is refused, the post is there, and the next try edits it.
	editing = editing ? await api("PUT", `/posts/${editing.id}`, text) : await api("POST", "/posts", text);
	if (file) await sendPicture(editing.id, file, alt.value);
	location.hash = `#/posts/${editing.id}`;
	notify("The post is published.");
});

async function sendPicture(post, file, alt) {
	const form = new FormData();
	form.append("alt", alt);
	form.append("picture", file);
	const bar = find("#progress");
	bar.value = 0;
	find("#upload").hidden = false;
	try {
		await upload(`/posts/${post}/cover`, form, (part) => (bar.value = part));
	} finally {
		find("#upload").hidden = true;
	}
}

// ---- Comments, as they come

const latestShown = 5;

onSubmit(find("#comment-form"), async ({ author, text }) => {
	const comment = await api("POST", `/posts/${current.id}/comments`, { author: author.value, text: text.value });
	text.value = "";
	arrived(comment);
	notify("Your comment is there.");
});

// arrived shows a comment, once: that of this tab comes as an answer and again
// as an event.
function arrived(comment) {
	addToPost(comment);
	if (find(`#latest [data-comment="${comment.id}"]`)) return;
	const item = commentOf(comment, true);
	item.classList.add("new");
	find("#latest").prepend(item);
	while (find("#latest").children.length > latestShown) find("#latest").lastElementChild.remove();
	for (const e of document.querySelectorAll(`[data-post="${comment.postId}"]`)) {
		e.textContent = commentsOf(parseInt(e.textContent) + 1);
	}
}

function addToPost(comment) {
	if (current?.id !== comment.postId || find(`#comments [data-comment="${comment.id}"]`)) return;
	const item = commentOf(comment);
	item.classList.add("new");
	find("#comments").append(item);
	setCount(current, current.comments + 1);
}

// catchUp adds what came while nobody listened for the post that is shown.
async function catchUp() {
	const last = find("#comments").lastElementChild?.dataset.comment ?? 0;
	for (const c of current ? await commentsAfter(current.id, last) : []) addToPost(c);
}

async function loadLatest() {
	const comments = await api("GET", `/comments?limit=${latestShown}`);
	find("#latest").replaceChildren(...comments.map((c) => commentOf(c, true)));
	return comments[0]?.id ?? 0;
}

let feed = null;
let retry = 0;

// listen goes on after the newest comment that is shown; from there on the
// browser comes back by itself, with the number of the last event it has got.
// A tab that nobody sees does not listen: a browser has six connections to a
// server for all its tabs, and each feed takes one.
async function listen() {
	clearTimeout(retry);
	feed?.close();
	feed = null;
	if (document.hidden) return;
	let after;
	try {
		after = await loadLatest();
		await catchUp();
	} catch {
		retry = setTimeout(listen, 5000);
		return setLive(false);
	}
	feed?.close();
	feed = new EventSource(`/api/comments/events?after=${after}`);
	feed.addEventListener("comment", (e) => arrived(JSON.parse(e.data)));
	feed.onopen = () => setLive(true);
	feed.onerror = (e) => {
		setLive(false);
		if (e.target.readyState === EventSource.CLOSED) retry = setTimeout(listen, 5000); // it was refused
	};
}

function setLive(on) {
	find("#live").textContent = on ? "Live" : "Reconnecting";
	find("#live").classList.toggle("on", on);
}

// The quote comes from another service, behind this one's address.
async function showQuote() {
	const { quote } = await api("GET", `/legacy/quotes/${new Date().getDate()}`);
	find("#quote").textContent = quote;
}

find(".skip").addEventListener("click", (event) => {
	event.preventDefault(); // what follows # is a view
	find("main").focus();
});

setToken(token());
addEventListener("hashchange", navigate);
document.addEventListener("visibilitychange", listen);
navigate();
listen();
showQuote().catch(() => find("#quote").remove());
