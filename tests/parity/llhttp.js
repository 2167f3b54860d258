// SPDX-License-Identifier: MIT
// llhttp in its strict mode, as Node has it. A line of standard input is a stream in hexadecimal;
// the line of JSON for it has the requests that llhttp finds, and where it stands behind them:
// "between" two requests, in a "head" or a "body", or "stopped" with an error in one of these.
'use strict';

const readline = require('readline');
const wasm = new WebAssembly.Module(require('undici/lib/llhttp/llhttp-wasm.js'));
const REQUEST = 1;
let memory = null;
let found = null;

const copy = (at, length) => Buffer.from(memory.buffer, at, length).toString('latin1');

const on = {
  wasm_on_message_begin() {
    found.state = 'head';
    found.current = { target: '' };
    return 0;
  },
  wasm_on_url(parser, at, length) {
    found.current.target += copy(at, length);
    return 0;
  },
  wasm_on_status: () => 0,
  wasm_on_header_field: () => 0,
  wasm_on_header_value: () => 0,
  wasm_on_headers_complete() {
    found.state = 'body';
    return 0;
  },
  wasm_on_body: () => 0,
  wasm_on_message_complete() {
    found.requests.push(found.current);
    found.state = 'between';
    return 0;
  },
};

const { exports: llhttp } = new WebAssembly.Instance(wasm, { env: on });
memory = llhttp.memory;

function read(stream) {
  found = { requests: [], state: 'between', stopped: false };
  const parser = llhttp.llhttp_alloc(REQUEST);
  const at = llhttp.malloc(stream.length + 1);
  new Uint8Array(memory.buffer).set(stream, at);
  found.stopped = llhttp.llhttp_execute(parser, at, stream.length) !== 0;
  llhttp.free(at);
  llhttp.llhttp_free(parser);
  delete found.current;
  return found;
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(JSON.stringify(read(Buffer.from(line, 'hex'))) + '\n');
});
