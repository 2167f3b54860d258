// SPDX-License-Identifier: MIT
// What the published schemas of the Kubernetes API say of objects: a JSON list of them comes in on
// stdin, a list of faults for each goes out, as "/path: what is wrong".
"use strict";

const path = require("node:path");

// Each schema is a compiled validator, which the package has but does not export.
function schemaOf({ apiVersion, kind }) {
  const schema = Object.keys(require(`kubernetes-models/${apiVersion}/${kind}`)).find((name) => name !== kind);
  return require(path.join(path.dirname(require.resolve("kubernetes-models")), "_schemas", schema)).validate;
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

function faultsOf(object) {
  const validate = schemaOf(object);
  const unread = new Set();
  const valid = validate(watch(object, "", unread));
  const wrong = valid ? [] : validate.errors.map((error) =>
    `${error.instancePath}: ${error.keyword} ${JSON.stringify(error.params)}`);
  return [...wrong, ...[...unread].map((pointer) => `${pointer}: no such field`)];
}

const objects = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(objects.map(faultsOf)));
