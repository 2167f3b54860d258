// SPDX-License-Identifier: MIT
// What the published schemas of the Kubernetes API and the Gateway API say of objects: a JSON list of them comes in on
// stdin, a list of faults for each goes out, as "/path: what is wrong".
"use strict";

const fs = require("node:fs");
const path = require("node:path");

// Each schema is a compiled validator, which the class of the object imports.
async function schemaOf({ apiVersion, kind }) {
  const models = apiVersion.startsWith("gateway.") ? "@kubernetes-models/gateway-api" : "kubernetes-models";
  const folder = path.join(__dirname, "node_modules", models);
  const text = fs.readFileSync(path.join(folder, apiVersion, `${kind}.js`), "utf8");
  const name = /_schemas\/(\w+\.js)/.exec(text)[1];
  return (await import(path.join(folder, "_schemas", name))).validate;
}

// The compiled validators let pass what they do not know, and read whatever they do. So what was
// never read is no field of the API: a slip of the pen, or one of another version.
function watch(value, pointer, unread) {
  if (value === null || typeof value !== "object")
    return value;
  for (const key of Object.keys(value))
    unread.add(`${pointer}/${key}`);
  const children = new Map();
  return new Proxy(value, {
    get(target, key) {
      if (!Object.hasOwn(target, key) || typeof key === "symbol" || Array.isArray(target) && key === "length")
        return Reflect.get(target, key);
      unread.delete(`${pointer}/${key}`);
      if (!children.has(key))
        children.set(key, watch(target[key], `${pointer}/${key}`, unread));
      return children.get(key);
    },
  });
}

async function faultsOf(object) {
  const validate = await schemaOf(object);
  const unread = new Set();
  const valid = validate(watch(object, "", unread));
  const wrong = valid ? [] : validate.errors.map((error) =>
    `${error.instancePath}: ${error.keyword} ${JSON.stringify(error.params)}`);
  return [...wrong, ...[...unread].map((pointer) => `${pointer}: no such field`)];
}

const objects = JSON.parse(fs.readFileSync(0, "utf8"));
Promise.all(objects.map(faultsOf)).then((faults) => console.log(JSON.stringify(faults)));
