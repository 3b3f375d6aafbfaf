// Shows /api/v1/openapi.json: operations by tag, their parameters, bodies and answers, and a form to try each.

import { el, example, inline, prose, resolver, tree, typeOf } from "./schema.js";
import { tryForm } from "./try.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

function parametersTable(parameters, resolve) {
	return el("div", { class: "table" }, el("table", {},
		el("thead", {}, el("tr", {}, ["name", "in", "value", ""].map((t) => el("th", { scope: "col" }, t)))),
		el("tbody", {}, parameters.map((p) => el("tr", {}, el("td", {}, el("code", {}, p.name)), el("td", {}, p.in),
			el("td", { class: "soft" }, typeOf(p.schema, resolve)), el("td", {}, inline(p.description || resolve(p.schema).description)))))));
}

function exampleBlock(schema, resolve) {
	return el("details", { class: "inner" }, el("summary", {}, "example"), el("pre", {}, JSON.stringify(example(schema, resolve), null, 2)));
}

function bodyBlock(body, resolve) {
	return el("div", {}, el("h3", {}, "Body"), Object.entries(body.content).map(([type, { schema }]) =>
		el("div", {}, el("p", { class: "soft" }, type), tree(schema, resolve), type === "application/json" ? exampleBlock(schema, resolve) : null)));
}

function answerRow(status, answer, resolve) {
	const parts = [el("span", {}, inline(answer.description))];
	const headers = Object.keys(answer.headers || {}).filter((h) => h !== "X-Request-Id");
	if (headers.length) parts.push(el("p", { class: "soft" }, "with ", headers.map((h, i) => [i ? ", " : "", el("code", {}, h)]).flat()));
	const content = answer.content || {};
	const json = content["application/json"];
	if (json && status < "400") parts.push(el("details", { class: "inner" }, el("summary", {}, "fields"), tree(json.schema, resolve)), exampleBlock(json.schema, resolve));
	else if (json) {
		const s = resolve(json.schema);
		const code = s.properties && s.properties.errors && s.properties.errors.items.properties.code;
		if (code) parts.push(el("p", { class: "soft" }, (code.enum || [code.const]).map((c, i) => [i ? " " : "", el("code", {}, c)]).flat()));
	} else if (Object.keys(content).length) parts.push(el("p", { class: "soft" }, Object.keys(content).join(", ")));
	return el("tr", {}, el("td", {}, el("span", { class: `status ${status < "400" ? "good" : "bad"}` }, status)), el("td", {}, parts));
}

function answersBlock(responses, resolve) {
	const row = ([status, answer]) => answerRow(status, resolve(answer), resolve);
	const entries = Object.entries(responses);
	return el("div", {}, el("h3", {}, "Answers"),
		el("div", { class: "table" }, el("table", {}, el("tbody", {}, entries.filter(([s]) => s < "400").map(row)))),
		el("details", { class: "inner" }, el("summary", {}, `errors (${entries.filter(([s]) => s >= "400").map(([s]) => s).join(", ")})`),
			el("div", { class: "table" }, el("table", {}, el("tbody", {}, entries.filter(([s]) => s >= "400").map(row))))));
}

function operation(method, path, item, op, resolve) {
	const parameters = [...(item.parameters || []), ...(op.parameters || [])].map(resolve);
	const isPublic = op.security && op.security.length === 0;
	const body = el("div", { class: "body" });
	const details = el("details", {}, el("summary", {}, el("span", { class: `verb ${method}` }, method.toUpperCase()),
		el("span", { class: "mono path" }, path), el("span", { class: "soft" }, op.summary), isPublic ? null : el("span", { class: "lock" }, "token")), body);
	// Built when it is opened for the first time: the page stays quick.
	details.addEventListener("toggle", () => {
		if (!details.open || body.childElementCount) return;
		body.append(...prose(op.description), ...(parameters.length ? [el("div", {}, el("h3", {}, "Parameters"), parametersTable(parameters, resolve))] : []),
			...(op.requestBody ? [bodyBlock(op.requestBody, resolve)] : []), answersBlock(op.responses, resolve),
			tryForm(method, path, op, parameters, resolve));
	});
	return el("article", { id: op.operationId }, details);
}

function open(id) {
	const article = document.getElementById(id);
	if (!article || article.tagName !== "ARTICLE") return;
	article.querySelector("details").open = true;
	article.scrollIntoView({ block: "start" });
}

function render(spec) {
	const resolve = resolver(spec);
	document.title = `${spec.info.title} API`;
	document.getElementById("title").textContent = `${spec.info.title} API`;
	document.getElementById("version").textContent = spec.info.version;
	const main = document.getElementById("content");
	const index = document.getElementById("index");
	main.replaceChildren(el("div", { class: "about" }, el("p", {}, el("strong", {}, spec.info.summary)), prose(spec.info.description)));
	const entries = [];
	for (const tag of spec.tags) {
		const section = el("section", {}, el("h2", {}, tag.name), el("p", {}, tag.description));
		const list = el("ul");
		for (const [path, item] of Object.entries(spec.paths))
			for (const method of METHODS) {
				const op = item[method];
				if (!op || !op.tags.includes(tag.name)) continue;
				const article = operation(method, path, item, op, resolve);
				const link = el("li", {}, el("a", { href: `#${op.operationId}` }, el("span", { class: `verb ${method}` }, method.toUpperCase()), " ", op.summary));
				section.append(article);
				list.append(link);
				entries.push({ words: `${method} ${path} ${op.summary} ${op.operationId}`.toLowerCase(), parts: [article, link] });
			}
		main.append(section);
		index.append(el("h2", {}, tag.name), list);
	}
	document.getElementById("filter").addEventListener("input", (e) => {
		const wanted = e.target.value.toLowerCase().trim();
		for (const { words, parts } of entries) for (const part of parts) part.hidden = !words.includes(wanted);
	});
	index.addEventListener("click", (e) => {
		const link = e.target.closest("a");
		if (link) open(link.hash.slice(1));
	});
	open(location.hash.slice(1));
}

async function start() {
	const main = document.getElementById("content");
	try {
		const answer = await fetch("/api/v1/openapi.json");
		if (!answer.ok) throw new Error(`status ${answer.status}`);
		render(await answer.json());
	} catch (e) {
		main.replaceChildren(el("p", { class: "error" }, `The description could not be shown: ${e.message}`));
	}
}

start();
