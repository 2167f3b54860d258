// SPDX-License-Identifier: MIT
// llhttp in its strict mode, as Node has it. A line of standard input is a stream in hexadecimal;
// the line of JSON for it has the requests that llhttp finds, and where it stands behind them:
// "between" two requests, in a "head" or a "body"; whether it has stopped with an error there; and
// the line of the head.
//
// By decision, hellod accepts more that does not move the end of a message. So that llhttp reads on
// behind it, this is made good for llhttp, and nothing else: in a head a bare LF, a method that
// llhttp does not know, HTTP/1.2 to 1.9, and a target with bytes outside ASCII or with a scheme; in
// a body a chunk extension that RFC 9112, section 7.1.1, allows: llhttp refuses white space in it.
// Each message has a parser of its own, which does not look at Connection.
'use strict';

const http = require('http');
const readline = require('readline');
const wasm = new WebAssembly.Module(require('undici/lib/llhttp/llhttp-wasm.js'));
const REQUEST = 1;
const OK = 0;
const PAUSED = 21;
const known = new Set(http.METHODS);
let memory = null;
let state = '';
let target = '';

const on = {
  wasm_on_message_begin() {
    state = 'head';
    return OK;
  },
  wasm_on_url(parser, at, length) {
    target += Buffer.from(memory.buffer, at, length).toString('latin1');
    return OK;
  },
  wasm_on_status: () => OK,
  wasm_on_header_field: () => OK,
  wasm_on_header_value: () => OK,
  wasm_on_headers_complete(parser) {
    llhttp.llhttp_set_lenient_optional_cr_before_lf(parser, 0);
    state = 'body';
    return OK;
  },
  wasm_on_body: () => OK,
  wasm_on_message_complete() {
    state = 'between';
    return PAUSED;
  },
};

const { exports: llhttp } = new WebAssembly.Instance(wasm, { env: on });
memory = llhttp.memory;

// Feed bytes to a parser. Returns its error, and how much it has read.
function execute(parser, text) {
  const at = llhttp.malloc(text.length + 1);
  Buffer.from(memory.buffer).write(text, at, 'latin1');
  const error = llhttp.llhttp_execute(parser, at, text.length);
  const read = error === OK ? text.length : llhttp.llhttp_get_error_pos(parser) - at;
  llhttp.free(at);
  return { error, read };
}

function mendMethod(method) {
  return known.has(method) ? method : 'GET';
}

function mendTarget(given) {
  return /^[a-z][a-z0-9+.-]*:/i.test(given) ? '/' : given.replace(/[\x80-\xff]/g, 'x');
}

// Read one message in front of a text.
function readMessage(text) {
  const line = /^[\r\n]*([A-Z_-]+) ([^ \r\n]+)( HTTP\/1\.\d)?(\r?\n)?/.exec(text);
  const parser = llhttp.llhttp_alloc(REQUEST);
  let result = { error: OK, read: 0 };
  let behind = 0;
  state = 'between';
  target = '';
  llhttp.llhttp_set_lenient_optional_cr_before_lf(parser, 1);
  if (line) {
    const [whole, method, given, version, end] = line;
    behind = whole.length;
    result = execute(parser, mendMethod(method) + ' ' + mendTarget(given)
      + (version || '').replace(/[2-9]$/, '1') + (end ? '\r\n' : ''));
    if (target === mendTarget(given)) target = given;
  }
  if (result.error === OK) result = execute(parser, text.slice(behind));
  llhttp.llhttp_free(parser);
  return { error: result.error, end: behind + result.read, method: line && line[1] };
}

const TOKEN = "[!#$%&'*+.^_`|~0-9a-z-]+";
const QUOTED = '"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"';
const EXTENSION = `[ \\t]*;[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|${QUOTED}))?`;
const EXTENDED = new RegExp(`^([0-9a-f]{1,16})(?:${EXTENSION})+\\r\\n`, 'i');

// A text without the chunk extensions in the line at an offset; null if there are none.
function withoutExtension(text, at) {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const line = EXTENDED.exec(text.slice(start));
  return line && text.slice(0, start + line[1].length) + text.slice(start + line[0].length - 2);
}

function read(text) {
  const requests = [];
  let stopped = false;
  state = 'between';
  while (text && !stopped) {
    const { error, end, method } = readMessage(text);
    const mended = error && state === 'body' && withoutExtension(text, end);
    if (mended) {
      text = mended;
    } else if (error === PAUSED) {
      requests.push({ method, target });
      text = text.slice(end);
    } else {
      stopped = error !== OK;
      break;
    }
  }
  const line = state === 'head' ? /^[\r\n]*([^\r\n]*)/.exec(text)[1] : '';
  return { requests, state, stopped, line };
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(JSON.stringify(read(Buffer.from(line, 'hex').toString('latin1'))) + '\n');
});
