// The form below an operation that sends a real request to this server.

import { el, example, typeOf } from "./schema.js";

const token = document.getElementById("token");

function field(label, input) {
	return el("label", { class: "field" }, el("span", { class: "mono" }, label), input);
}

function bodyForm(op, resolve, state) {
	const content = (op.requestBody && op.requestBody.content) || {};
	const types = Object.keys(content);
	if (!types.length) return null;
	const box = el("div", { class: "try-body" });
	const show = (type) => {
		state.type = type;
		state.inputs = {};
		const schema = content[type].schema;
		if (type === "application/json") {
			state.json = el("textarea", { "aria-label": "JSON body", spellcheck: "false" });
			state.json.value = JSON.stringify(example(schema, resolve), null, 2);
			box.replaceChildren(state.json);
			return;
		}
		if (type !== "multipart/form-data") {
			state.file = el("input", { type: "file", "aria-label": "bytes of the body" });
			box.replaceChildren(state.file);
			return;
		}
		box.replaceChildren(...Object.entries(resolve(schema).properties).map(([name, property]) => {
			const input = name === "file" ? el("input", { type: "file", multiple: true }) :
				el("input", { type: "text", placeholder: typeOf(property, resolve).slice(0, 80) });
			state.inputs[name] = input;
			return field(name, input);
		}));
	};
	show(types[0]);
	if (types.length === 1) return box;
	const choice = el("select", {}, types.map((t) => el("option", {}, t)));
	choice.addEventListener("change", () => show(choice.value));
	return [field("body as", choice), box];
}

function request(method, path, op, state) {
	const query = new URLSearchParams();
	const headers = {};
	let url = path;
	for (const { parameter, input } of state.parameters) {
		const value = input.value;
		if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(value));
		else if (value === "" && !(parameter.allowEmptyValue && input.dataset.touched)) continue;
		else if (parameter.in === "query") query.set(parameter.name, value);
		else headers[parameter.name] = value;
	}
	if (String(query)) url += `?${query}`;
	if (token.value && !(op.security && op.security.length === 0)) headers.Authorization = `Bearer ${token.value}`;
	let body;
	if (state.type === "application/json") {
		headers["Content-Type"] = state.type;
		body = state.json.value;
	} else if (state.type && state.type !== "multipart/form-data") {
		headers["Content-Type"] = state.type;
		body = state.file.files[0];
	} else if (state.type) {
		body = new FormData();
		for (const [name, input] of Object.entries(state.inputs))
			if (input.files) for (const file of input.files) body.append(name, file);
			else if (input.value) body.append(name, input.value);
	}
	return [url, { method: method.toUpperCase(), headers, body, cache: "no-store", redirect: "manual", credentials: "omit" }];
}

async function show(answer, milliseconds, out) {
	const type = answer.headers.get("Content-Type") || "";
	let text;
	if (type.startsWith("application/json")) {
		const value = await answer.json();
		text = JSON.stringify(value, null, 2);
		// A login fills in the token for what is tried next.
		if (value.data && value.data.access_token) token.value = value.data.access_token;
	} else {
		const data = await answer.arrayBuffer();
		text = data.byteLength ? `${data.byteLength} bytes of ${type}` : "";
	}
	const headers = [...answer.headers].map(([k, v]) => `${k}: ${v}`).join("\n");
	out.replaceChildren(
		el("p", {}, el("span", { class: `status ${answer.status < 400 ? "good" : "bad"}` }, `${answer.status}`), ` in ${milliseconds} ms`),
		el("pre", {}, text || "(no body)"),
		el("details", { class: "inner" }, el("summary", {}, "headers"), el("pre", {}, headers)));
}

export function tryForm(method, path, op, parameters, resolve) {
	const state = { parameters: [] };
	const rows = parameters.map((parameter) => {
		const input = el("input", { type: "text", placeholder: typeOf(parameter.schema, resolve).slice(0, 80) });
		input.addEventListener("input", () => { input.dataset.touched = "yes"; });
		state.parameters.push({ parameter, input });
		return field(parameter.name, input);
	});
	const out = el("div", { "aria-live": "polite" });
	const send = el("button", { type: "button" }, "Send");
	send.addEventListener("click", async () => {
		const missing = state.parameters.find(({ parameter, input }) => parameter.in === "path" && !input.value);
		if (missing) {
			out.replaceChildren(el("p", { class: "error" }, `${missing.parameter.name} is needed`));
			missing.input.focus();
			return;
		}
		send.disabled = true;
		const start = performance.now();
		try {
			const answer = await fetch(...request(method, path, op, state));
			await show(answer, Math.round(performance.now() - start), out);
		} catch (e) {
			out.replaceChildren(el("p", { class: "error" }, `no answer: ${e.message}`));
		}
		send.disabled = false;
	});
	return el("div", { class: "try" }, el("h3", {}, "Try it"), rows, bodyForm(op, resolve, state), el("div", {}, send), out);
}
