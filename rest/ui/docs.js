// The OpenAPI document of this worker as a page.
"use strict";

const element = (tag, text, ...children) => {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};

// A schema as an indented sketch of JSON.
function sketch(schema, all, depth = 0) {
  if (!schema) return "any";
  if (schema.$ref) return sketch(all[schema.$ref.split("/").pop()], all, depth);
  if (schema.enum) return schema.enum.map((v) => JSON.stringify(v)).join(" | ");
  if (schema.anyOf) return [...new Set(schema.anyOf.map((s) => sketch(s, all, depth)))].join(" | ");
  if (schema.type === "array") return `[${sketch(schema.items, all, depth)}, …]`;
  if (schema.properties) {
    const pad = "  ".repeat(depth + 1);
    const required = schema.required || [];
    const lines = Object.entries(schema.properties).map(([name, member]) =>
      `${pad}"${name}"${required.includes(name) ? "" : "?"}: ${sketch(member, all, depth + 1)}`);
    return `{\n${lines.join(",\n")}\n${"  ".repeat(depth)}}`;
  }
  if (schema.type === "object") return `{"…": ${schema.additionalProperties ? sketch(schema.additionalProperties, all, depth) : "any"}}`;
  return schema.type || "any";
}

function operation(method, path, told, all) {
  const box = element("details");
  box.className = "operation";
  box.append(element("summary", "", element("b", method.toUpperCase()), element("code", path), ` — ${told.summary || ""}`));
  if (told.description) box.append(element("p", told.description));
  const parameters = told.parameters || [];
  if (parameters.length) {
    box.append(element("ul", "", ...parameters.map((p) =>
      element("li", "", element("code", p.name), ` (${p.in}${p.required ? "" : ", optional"}) ${p.description || ""}`))));
  }
  const body = told.requestBody?.content?.["application/json"]?.schema;
  if (body) box.append(element("h3", "Request"), element("pre", sketch(body, all)));
  for (const [status, answer] of Object.entries(told.responses)) {
    box.append(element("h3", `${status} ${answer.description || ""}`));
    const content = Object.values(answer.content || {})[0];
    if (content) box.append(element("pre", sketch(content.schema, all)));
  }
  return box;
}

async function show() {
  const api = await (await fetch("openapi.json")).json();
  const all = api.components?.schemas || {};
  document.getElementById("version").textContent = `compatible with Kafka Connect ${api.info.version}`;
  document.getElementById("description").textContent = api.info.description.trim();
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, told] of Object.entries(methods)) {
      const tag = (told.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operation(method, path, told, all));
    }
  }
  for (const [tag, operations] of groups) document.getElementById("operations").append(element("h2", tag), ...operations);
}

show().catch((error) => { document.getElementById("description").textContent = `The description cannot be read: ${error.message}`; });
