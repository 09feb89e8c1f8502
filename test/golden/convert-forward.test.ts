// The converted model computes what the Hugging Face weights mean: llama.cpp's probabilities against a plain
// forward pass written after transformers' modeling_llama.py and modeling_mixtral.py, in double precision.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalModel } from "../../src/engine/index.ts";
import { convertFolder } from "../../src/models/index.ts";
import { writeSourceFolder } from "../../src/testing/index.ts";

type Vector = number[];
type Weights = (name: string) => Float32Array;

/** As in writeSourceFolder. */
const DIM = 64;
const HEADS = 4;
const KV_HEADS = 2;
const HEAD_DIM = 16;
const LAYERS = 2;
const EXPERTS = 4;
const EXPERTS_USED = 2;
const ROPE_BASE = 10_000;
const EPSILON = 1e-5;

/** [rows, columns] times [columns]. */
function multiply(matrix: Float32Array, vector: Vector): Vector {
  const columns = vector.length;
  return Array.from({ length: matrix.length / columns }, (_, row) =>
    vector.reduce((sum, value, column) => sum + matrix[row * columns + column]! * value, 0),
  );
}

const add = (a: Vector, b: Vector) => a.map((value, index) => value + b[index]!);

function rmsNorm(vector: Vector, weight: Float32Array): Vector {
  const square = vector.reduce((sum, value) => sum + value * value, 0) / vector.length;
  return vector.map((value, index) => (value / Math.sqrt(square + EPSILON)) * weight[index]!);
}

function softmax(values: Vector): Vector {
  const max = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - max));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

type Rotation = (head: Vector, position: number) => Vector;

/** Hugging Face's rotate_half: dimension i turns with i + HEAD_DIM / 2. */
const rotateHalves: Rotation = (head, position) => {
  const half = HEAD_DIM / 2;
  return head.map((value, index) => {
    const angle = position * ROPE_BASE ** (-(index % half) / half);
    const other = index < half ? -head[index + half]! : head[index - half]!;
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
};

/** What llama.cpp would compute had the rows of q and k not been moved: dimension 2i turns with 2i + 1. */
const rotateNeighbours: Rotation = (head, position) => {
  const order = head.map((_, index) => (index % 2) * (HEAD_DIM / 2) + (index >> 1));
  const turned = rotateHalves(
    order.map((_, place) => head[order.indexOf(place)]!),
    position,
  );
  return order.map((place) => turned[place]!);
};

const headOf = (vector: Vector, head: number) => vector.slice(head * HEAD_DIM, (head + 1) * HEAD_DIM);

function attention(inputs: Vector[], weights: Weights, at: string, rotate: Rotation): Vector[] {
  const project = (kind: string) =>
    inputs.map((input) => multiply(weights(`${at}.self_attn.${kind}_proj.weight`), input));
  const [queries, keys, values] = [project("q"), project("k"), project("v")];
  return queries.map((query, position) => {
    const heads = Array.from({ length: HEADS }, (_, head) => {
      const shared = Math.floor(head / (HEADS / KV_HEADS));
      const turned = rotate(headOf(query, head), position);
      const scores = keys
        .slice(0, position + 1)
        .map((key, past) =>
          rotate(headOf(key, shared), past).reduce((sum, value, i) => sum + value * turned[i]!, 0),
        );
      const shares = softmax(scores.map((score) => score / Math.sqrt(HEAD_DIM)));
      return shares.reduce<Vector>(
        (sum, share, past) =>
          add(
            sum,
            headOf(values[past]!, shared).map((value) => share * value),
          ),
        new Array(HEAD_DIM).fill(0),
      );
    });
    return multiply(weights(`${at}.self_attn.o_proj.weight`), heads.flat());
  });
}

function swiGlu(input: Vector, gate: Float32Array, up: Float32Array, down: Float32Array): Vector {
  const lifted = multiply(up, input);
  const gated = multiply(gate, input).map(
    (value, index) => (value / (1 + Math.exp(-value))) * lifted[index]!,
  );
  return multiply(down, gated);
}

function mixture(input: Vector, weights: Weights, at: string): Vector {
  const chances = softmax(multiply(weights(`${at}.gate.weight`), input));
  const best = Array.from({ length: EXPERTS }, (_, expert) => expert).toSorted(
    (a, b) => chances[b]! - chances[a]!,
  );
  const used = best.slice(0, EXPERTS_USED);
  const total = used.reduce((sum, expert) => sum + chances[expert]!, 0);
  return used.reduce<Vector>((sum, expert) => {
    const [w1, w2, w3] = ["w1", "w2", "w3"].map((name) => weights(`${at}.experts.${expert}.${name}.weight`));
    return add(
      sum,
      swiGlu(input, w1!, w3!, w2!).map((value) => (value * chances[expert]!) / total),
    );
  }, new Array(DIM).fill(0));
}

/** ln p of each token given those before it; the first is NaN. */
function scoreTokens(tokens: number[], weights: Weights, isMoe: boolean, rotate: Rotation): number[] {
  const embedding = weights("model.embed_tokens.weight");
  let states: Vector[] = tokens.map((id) => [...embedding.subarray(id * DIM, (id + 1) * DIM)]);
  for (let layer = 0; layer < LAYERS; layer++) {
    const at = `model.layers.${layer}`;
    const attended = attention(
      states.map((state) => rmsNorm(state, weights(`${at}.input_layernorm.weight`))),
      weights,
      at,
      rotate,
    );
    states = states.map((state, index) => add(state, attended[index]!));
    states = states.map((state) => {
      const input = rmsNorm(state, weights(`${at}.post_attention_layernorm.weight`));
      const [gate, up, down] = ["gate", "up", "down"].map((kind) => `${at}.mlp.${kind}_proj.weight`);
      return add(
        state,
        isMoe
          ? mixture(input, weights, `${at}.block_sparse_moe`)
          : swiGlu(input, weights(gate!), weights(up!), weights(down!)),
      );
    });
  }
  const chances = states.map((state) =>
    softmax(multiply(weights("lm_head.weight"), rmsNorm(state, weights("model.norm.weight")))),
  );
  return tokens.map((id, index) => (index === 0 ? Number.NaN : Math.log(chances[index - 1]![id]!)));
}

/** In ln p. */
const TOLERANCE = 0.01;

/** The largest difference; the first token has no score. */
const distance = (a: Vector, b: Vector) =>
  Math.max(...a.slice(1).map((value, index) => Math.abs(value - b[index + 1]!)));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-forward-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a converted folder", () => {
  it.each(["LlamaForCausalLM", "MistralForCausalLM", "MixtralForCausalLM"] as const)(
    "of %s computes the same",
    async (architecture) => {
      const source = await writeSourceFolder({
        folder: join(folder, architecture),
        architecture,
        type: "F32",
      });
      const weights: Weights = (name) => {
        const { bytes } = source.get(name)!;
        return new Float32Array(Uint8Array.from(bytes).buffer);
      };
      const { path } = await convertFolder({
        folder: join(folder, architecture),
        output: join(folder, `${architecture}.gguf`),
      });
      const tokens = Array.from({ length: 24 }, (_, index) => (index === 0 ? 1 : 259 + ((index * 37) % 130)));
      const isMoe = architecture === "MixtralForCausalLM";
      const expected = scoreTokens(tokens, weights, isMoe, rotateHalves);
      const wrong = scoreTokens(tokens, weights, isMoe, rotateNeighbours);
      const model = await openLocalModel({ path, gpu: "off", context: 128 });
      try {
        const scores = [...(await model.score(tokens))];
        // llama.cpp keeps keys and values in F16 and sums in single precision.
        expect(distance(scores, expected)).toBeLessThan(TOLERANCE);
        // The test would see a conversion that leaves the rows of q and k where they are.
        expect(distance(scores, wrong)).toBeGreaterThan(10 * TOLERANCE);
      } finally {
        await model.close();
      }
    },
  );
});
