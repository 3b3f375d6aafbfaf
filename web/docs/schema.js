// JSON Schemas for people: as a tree, as a short phrase, as an example. Text only ever becomes text nodes.

export function el(name, attributes = {}, ...children) {
	const e = document.createElement(name);
	for (const [key, value] of Object.entries(attributes))
		if (value === true) e.setAttribute(key, "");
		else if (value !== false && value != null) e.setAttribute(key, value);
	e.append(...children.flat(Infinity).filter((c) => c != null));
	return e;
}

// Paragraphs, **bold** and `code`: all that the description uses.
export function prose(text) {
	return (text || "").trim().split(/\n\s*\n/).filter(Boolean).map((p) => el("p", {}, inline(p)));
}

export function inline(text) {
	return (text || "").split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) =>
		part.startsWith("**") ? el("strong", {}, part.slice(2, -2)) :
		part.length > 1 && part.startsWith("`") ? el("code", {}, part.slice(1, -1)) : part);
}

export function resolver(spec) {
	return (node) => {
		for (let n = 0; node && node.$ref && n < 20; n++) {
			const { $ref, ...beside } = node;
			const target = $ref.slice(2).split("/").reduce((at, part) => at[part], spec);
			node = { ...target, ...beside };
		}
		return node || {};
	};
}

// allOf overlays and their own properties as one schema, deep enough for what the description does.
function merged(schema, resolve) {
	schema = resolve(schema);
	if (!schema.allOf) return schema;
	const { allOf, ...own } = schema;
	return [...allOf.map((s) => merged(s, resolve)), own].reduce((a, b) => overlay(a, b, resolve), {});
}

function overlay(a, b, resolve) {
	const out = { ...resolve(a), ...resolve(b) };
	for (const key of ["properties", "items"])
		if (a[key] && b[key])
			out[key] = key === "items" ? overlay(a.items, b.items, resolve) :
				Object.fromEntries([...new Set([...Object.keys(a.properties), ...Object.keys(b.properties)])].map((name) =>
					[name, a.properties[name] && b.properties[name] ? overlay(a.properties[name], b.properties[name], resolve) :
						a.properties[name] || b.properties[name]]));
	return out;
}

export function typeOf(schema, resolve) {
	const s = merged(schema, resolve);
	if (s.const !== undefined) return JSON.stringify(s.const);
	if (s.oneOf || s.anyOf) return (s.oneOf || s.anyOf).map((o) => typeOf(o, resolve)).join(" or ");
	if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(" | ");
	let type = [].concat(s.type || "anything").join(" or ");
	if (s.type === "array") type = `list of ${s.items ? typeOf(s.items, resolve) : "anything"}`;
	if (s.contentMediaType) type = "file";
	const limits = [];
	if (s.minimum !== undefined || s.maximum !== undefined) limits.push(`${s.minimum ?? ""}…${s.maximum ?? ""}`);
	if (s.minLength !== undefined || s.maxLength !== undefined) limits.push(`${s.minLength ?? 0}…${s.maxLength ?? ""} characters`);
	if (s.maxItems !== undefined) limits.push(`at most ${s.maxItems}`);
	if (s.default !== undefined) limits.push(`default ${JSON.stringify(s.default)}`);
	return type + (limits.length ? ` (${limits.join(", ")})` : "");
}

export function tree(schema, resolve, depth = 0) {
	const s = merged(schema, resolve);
	if (s.oneOf && s.oneOf.some((o) => merged(o, resolve).properties || merged(o, resolve).items))
		return el("ul", { class: "schema" }, s.oneOf.map((o) => el("li", {}, el("span", { class: "type" }, "either: "), member(o, resolve, depth))));
	if (s.type === "array" && s.items) return tree(s.items, resolve, depth);
	if (!s.properties) return null;
	return el("ul", { class: "schema" }, Object.entries(s.properties).map(([name, property]) =>
		el("li", {}, el("span", { class: "name" }, name), " ",
			(s.required || []).includes(name) ? el("span", { class: "needed" }, "required ") : null, member(property, resolve, depth))));
}

function member(schema, resolve, depth) {
	const s = merged(schema, resolve);
	const words = [el("span", { class: "type" }, typeOf(schema, resolve)), s.description ? [" — ", inline(s.description)] : null];
	const inside = depth < 8 ? tree(schema, resolve, depth + 1) : null;
	return inside ? [...words, el("details", { class: "inner", open: depth < 1 }, el("summary", {}, "fields"), inside)] : words;
}

export function example(schema, resolve, depth = 0) {
	const s = merged(schema, resolve);
	if (s.examples) return s.examples[0];
	if (s.const !== undefined) return s.const;
	if (s.default !== undefined) return s.default;
	if (s.enum) return s.enum[0];
	if (s.oneOf || s.anyOf) return example((s.oneOf || s.anyOf)[0], resolve, depth);
	const type = [].concat(s.type || [])[0];
	if (type === "object" || s.properties)
		return depth > 8 ? {} : Object.fromEntries(Object.entries(s.properties || {}).map(([k, v]) => [k, example(v, resolve, depth + 1)]));
	if (type === "array") return s.items && s.maxItems !== 0 && depth <= 8 ? [example(s.items, resolve, depth + 1)] : [];
	if (type === "integer" || type === "number") return s.minimum ?? 0;
	if (type === "boolean") return true;
	if (type === "string") return "texte";
	return null;
}
