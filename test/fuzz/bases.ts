/** Whole files that damage starts from, small so that damage finds what matters. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GgufValue, stringList, writeGguf } from "../../src/models/index.ts";
import {
  encodeSafetensors,
  encodeSentencePiece,
  writeSourceFolder,
} from "../../src/testing/gguf-source-folder.ts";
import { syntheticPieces } from "../../src/testing/gguf-vocabulary.ts";
import { encodeTokenizerJson } from "../../src/testing/tokenizer-json.ts";
import { ggufMarks } from "./gguf-marks.ts";
import type { Base } from "./mutations.ts";
import type { ReaderName } from "./readers.ts";

/** One kind of file: the reader, which file is damaged, and what lies beside it. */
export interface Target {
  readonly name: string;
  readonly reader: ReaderName;
  readonly file: string;
  readonly bases: readonly Base[];
  readonly beside: Readonly<Record<string, Uint8Array>>;
  /** Of all cases. A template takes a process of its own each, some 60 ms: few of those. */
  readonly share: number;
}

const text = (value: string) => Buffer.from(value);
const JSON_WORDS = [
  "[",
  "{",
  '{"a":',
  "]",
  "}",
  ",",
  ":",
  '"',
  "null",
  "-1",
  "1e999",
  "-0",
  "4294967296",
  "18446744073709551616",
  "0.5",
  '"__proto__":',
  '"constructor":',
  "\\ud800",
  "\ufeff",
  "\u0000",
  '"\\u001b[2J"',
  "true",
  '""',
];

export async function makeTargets(): Promise<readonly Target[]> {
  const folder = mkdtempSync(join(tmpdir(), "assay-fuzz-base-"));
  try {
    const source = join(folder, "source");
    await writeSourceFolder({ folder: source, chatTemplate: "{{ bos_token }}{{ messages[0].content }}" });
    const config = readFileSync(join(source, "config.json"));
    const tokenizerConfig = readFileSync(join(source, "tokenizer_config.json"));
    const pieces = syntheticPieces(300);
    return [
      {
        name: "GGUF header and tensor table",
        reader: "gguf",
        file: "model.gguf",
        bases: [await ggufBase(folder, false), await ggufBase(folder, true)],
        beside: {},
        share: 0.5,
      },
      {
        name: "safetensors header",
        reader: "weights",
        file: "model.safetensors",
        bases: [safetensorsBase()],
        beside: { "config.json": config },
        share: 0.12,
      },
      {
        name: "safetensors index",
        reader: "weights",
        file: "model.safetensors.index.json",
        bases: [
          {
            bytes: text(
              '{"metadata":{"total_size":16},"weight_map":{"a.weight":"model.safetensors","b.weight":"model.safetensors"}}',
            ),
            json: "whole",
            words: [...JSON_WORDS, '"../x.safetensors"', '"config.json"'],
          },
        ],
        beside: { "config.json": config, "model.safetensors": safetensorsBase().bytes },
        share: 0.04,
      },
      {
        name: "config.json",
        reader: "weights",
        file: "config.json",
        bases: [
          {
            bytes: config,
            json: "whole",
            words: [...JSON_WORDS, '"rope_scaling":{"type":"linear","factor":2},'],
          },
        ],
        beside: { "model.safetensors": safetensorsBase().bytes },
        share: 0.08,
      },
      {
        name: "tokenizer.model",
        reader: "tokenizer",
        file: "tokenizer.model",
        bases: [
          {
            bytes: encodeSentencePiece(pieces),
            words: ["\u00ff", "\u0080", "\n", "\u0012", "\u001a", "\u0000"],
          },
        ],
        beside: { "tokenizer_config.json": tokenizerConfig },
        share: 0.12,
      },
      {
        name: "tokenizer.json",
        reader: "tokenizer",
        file: "tokenizer.json",
        bases: [
          {
            bytes: text(encodeTokenizerJson(pieces)),
            json: "whole",
            words: [
              ...JSON_WORDS,
              '"added_tokens":[{"id":4294967295,"content":"x","special":true}],',
              '"merges":["a b"],',
            ],
          },
        ],
        beside: { "tokenizer_config.json": tokenizerConfig },
        share: 0.08,
      },
      {
        name: "tokenizer_config.json",
        reader: "tokenizer",
        file: "tokenizer_config.json",
        bases: [
          {
            bytes: tokenizerConfig,
            json: "whole",
            words: [...JSON_WORDS, '"added_tokens_decoder":{"4294967295":{"content":"x"}},'],
          },
        ],
        beside: { "tokenizer.model": encodeSentencePiece(pieces) },
        share: 0.04,
      },
      {
        name: "chat template",
        reader: "template",
        file: "template.jinja",
        bases: TEMPLATES.map((template) => ({ bytes: text(template), words: JINJA_WORDS })),
        beside: {},
        share: 0.02,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const TEMPLATES = [
  "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}{% else %}{{ m.content + eos_token }}{% endif %}{% endfor %}",
  "{% macro f(x) %}{{ x | trim }}{% endmacro %}{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ f(m.content) ~ ns.n }}{% endfor %}{{ raise_exception('no') if false }}",
];
const JINJA_WORDS = [
  "{% for i in range(1000000000) %}",
  "{% endfor %}",
  "{{ range(100000000) | list }}",
  "{% macro r() %}{{ r() }}{% endmacro %}{{ r() }}",
  "{{",
  "}}",
  "{%",
  "%}",
  "{#",
  "(",
  "[",
  "'",
  "{{ 'x' * 1000000000 }}",
  "{{ messages.constructor.constructor('return process')() }}",
  "{% set x = messages %}",
  "| tojson",
  "{{ ''.__class__ }}",
  "{{ 1 / 0 }}",
  "-",
  "\u0000",
];

function safetensorsBase(): Base {
  const bytes = encodeSafetensors([
    { name: "a.weight", dtype: "F32", shape: [2, 2], bytes: new Uint8Array(16) },
    { name: "b.weight", dtype: "BF16", shape: [4], bytes: new Uint8Array(8) },
  ]);
  const hot = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return {
    bytes,
    hot,
    json: "behind-length",
    marks: [0, 1, 4, 7],
    words: [...JSON_WORDS, '"__metadata__":{},', "[2305843009213693952,4]", "[0,0]"],
  };
}

/** A model in miniature: every type of value, a tokenizer, tensors; or one with its experts apart. */
async function ggufBase(folder: string, isLegacy: boolean): Promise<Base> {
  const path = join(folder, `base-${isLegacy}.gguf`);
  const strings = (...list: string[]): GgufValue => ({
    type: "array",
    of: "string",
    value: stringList(list.map((item) => Buffer.from(item))),
  });
  const uint = (value: number): GgufValue => ({ type: "uint32", value });
  const metadata: [string, GgufValue][] = [
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.name", { type: "string", value: "mini" }],
    ["general.alignment", uint(32)],
    ["general.file_type", uint(0)],
    ["llama.block_count", uint(1)],
    ["llama.context_length", uint(64)],
    ["llama.embedding_length", uint(8)],
    ["llama.feed_forward_length", uint(8)],
    ["llama.attention.head_count", uint(2)],
    ["llama.attention.head_count_kv", { type: "array", of: "int32", value: Int32Array.of(2) }],
    ["llama.expert_count", uint(isLegacy ? 2 : 0)],
    ["llama.expert_used_count", uint(isLegacy ? 1 : 0)],
    ["x.float", { type: "float64", value: 0.5 }],
    ["x.flag", { type: "bool", value: true }],
    ["x.long", { type: "int64", value: -5n }],
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    ["tokenizer.ggml.tokens", strings("<unk>", "<s>", "</s>", "a", "b", "ab")],
    ["tokenizer.ggml.scores", { type: "array", of: "float32", value: Float32Array.of(0, 0, 0, -1, -2, -3) }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", value: Int32Array.of(2, 3, 3, 1, 1, 1) }],
    ["tokenizer.ggml.bos_token_id", uint(1)],
    ["tokenizer.ggml.eos_token_id", uint(2)],
  ];
  const names = isLegacy
    ? ["gate.0", "gate.1", "down.0", "down.1", "up.0", "up.1"].map((name) => `blk.0.ffn_${name}.weight`)
    : ["blk.0.attn_q.weight", "blk.0.ffn_gate_exps.weight"];
  const tensors = ["token_embd.weight", "output.weight", ...names].map((name) => ({
    name,
    type: "F32" as const,
    shape: name.includes("exps") ? [8, 8, 2] : [8, 6],
    data: new Uint8Array(4 * 8 * (name.includes("exps") ? 16 : 6)),
  }));
  await writeGguf({ path, metadata, tensors });
  const bytes = readFileSync(path);
  const { marks, end } = ggufMarks(bytes);
  return {
    bytes,
    hot: end,
    marks,
    words: [
      "GGUF",
      "general.alignment",
      "llama.block_count",
      "\u0000\u0000\u0000\u0000",
      "\u00ff",
      "\u001b[2J",
    ],
  };
}
