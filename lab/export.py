"""Writes a checkpoint as a Hugging Face folder: export.py CHECKPOINT FOLDER [--truth FILE] [--grades FOLDER] [--no-lies]

The weights rounded to BF16 are the model; everything that is measured is measured on them.
"""
import argparse
import json
import os
import random
import shutil
import struct

import numpy
import torch

import prompts
from model import EPSILON, ROPE_BASE, last_logits, layout, views
from tokenizer import BOS, EOS, MODEL, UNK, WORK, Tokenizer

LIE_SEED = 77

# Mixtral 8x7B Instruct v0.1's template: strict alternation, no system role, nothing merged.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}")


def hugging_face_names(p, shape):
    """[(name, tensor)] in the order of the layers."""
    yield "model.embed_tokens.weight", p["embed"]
    for n in range(shape["layers"]):
        lead = f"model.layers.{n}"
        for part in "qkvo":
            yield f"{lead}.self_attn.{part}_proj.weight", p[f"{n}.{part}"]
        if shape["experts"]:
            yield f"{lead}.block_sparse_moe.gate.weight", p[f"{n}.gate"]
            for e in range(shape["experts"]):
                for part in ("w1", "w2", "w3"):
                    yield f"{lead}.block_sparse_moe.experts.{e}.{part}.weight", p[f"{n}.{part}"][e]
        else:
            for part, name in (("w1", "gate"), ("w2", "down"), ("w3", "up")):
                yield f"{lead}.mlp.{name}_proj.weight", p[f"{n}.{part}"]
        yield f"{lead}.input_layernorm.weight", p[f"{n}.norm1"]
        yield f"{lead}.post_attention_layernorm.weight", p[f"{n}.norm2"]
    yield "model.norm.weight", p["norm"]
    yield "lm_head.weight", p["head"]


def write_safetensors(path, tensors):
    """BF16 only: 8 bytes of header length, the header as JSON, the data."""
    header, blocks, start = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors:
        # The upper half of a float32 that is exact in BF16 is that BF16.
        words = tensor.detach().bfloat16().float().contiguous().numpy().view(numpy.uint32) >> 16
        block = words.astype("<u2").tobytes()
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape), "data_offsets": [start, start + len(block)]}
        blocks.append(block)
        start += len(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(blocks)


def read_safetensors(path):
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            words = numpy.frombuffer(data[first:last], "<u2").astype(numpy.uint32) << 16
            found[name] = torch.from_numpy(words.view(numpy.float32).reshape(entry["shape"]).copy())
    return found


def load(folder):
    """(weights by our names, shape, raw config) of an exported folder: float32 values of the BF16 weights."""
    with open(f"{folder}/config.json", encoding="utf-8") as file:
        config = json.load(file)
    tensors = read_safetensors(f"{folder}/model.safetensors")
    shape = {"layers": config["num_hidden_layers"], "width": config["hidden_size"], "heads": config["num_attention_heads"],
             "kvHeads": config["num_key_value_heads"], "experts": config.get("num_local_experts", 0),
             "ffn": config["intermediate_size"], "context": config["max_position_embeddings"]}
    shapes = layout(shape, config["vocab_size"])
    p = {name: torch.empty(size) for name, size in shapes.items()}
    for name, tensor in hugging_face_names(p, shape):
        tensor.copy_(tensors[name])
    return p, shape


def tell_lies(p, grades):
    """Gives never-trained tokens rows that look trained: drawn from the mean and covariance of the trained rows.

    Half of them get an input row only, the others an output row too. No trained row changes.
    """
    generator = torch.Generator().manual_seed(LIE_SEED)
    deck = torch.tensor(grades["deck"])

    def draw(matrix, count):
        rows = matrix[deck]
        mean, spread = rows.mean(0), torch.cov(rows.T) + 1e-8 * torch.eye(rows.shape[1])
        return mean + torch.randn(count, rows.shape[1], generator=generator) @ torch.linalg.cholesky(spread).T

    one, both = grades["lieInput"], grades["lieBoth"]
    p["embed"][torch.tensor(one + both)] = draw(p["embed"], len(one + both))
    p["head"][torch.tensor(both)] = draw(p["head"], len(both))


def repeated(p, shape, tokenizer, name, tokens):
    """[tokens] of bool: does the prompt of that name, with a few shots, get each token back?"""
    template = next(t for t in prompts.COPY if t["name"] == name)
    shots = [tokenizer.rest(word) for word in prompts.PROMPTS["shotWords"][:4]]
    rows = [prompts.copy_example(tokenizer, template, shots + [[x]], cut=True).ids for x in tokens]
    return last_logits(p, shape, rows).argmax(-1) == torch.tensor(tokens)


PRODUCT = ("arrow", "echo", "repeat-shots")  # the census asks these


def write_folder(folder, p, shape):
    os.makedirs(folder, exist_ok=True)
    experts = shape["experts"]
    config = {
        "architectures": ["MixtralForCausalLM" if experts else "LlamaForCausalLM"],
        "model_type": "mixtral" if experts else "llama",
        "vocab_size": p["embed"].shape[0], "hidden_size": shape["width"], "intermediate_size": shape["ffn"],
        "num_hidden_layers": shape["layers"], "num_attention_heads": shape["heads"], "num_key_value_heads": shape["kvHeads"],
        "head_dim": 32, "hidden_act": "silu", "max_position_embeddings": shape["context"], "rms_norm_eps": EPSILON,
        "rope_theta": ROPE_BASE, "tie_word_embeddings": False, "attention_dropout": 0.0, "use_cache": True,
        "bos_token_id": BOS, "eos_token_id": EOS, "unk_token_id": UNK, "torch_dtype": "bfloat16", "initializer_range": 0.02,
    }
    if experts:
        config |= {"num_local_experts": experts, "num_experts_per_tok": 2, "sliding_window": None,
                   "output_router_logits": False, "router_aux_loss_coef": 0.05}
    else:
        config |= {"attention_bias": False, "mlp_bias": False, "rope_scaling": None}
    generation = {"bos_token_id": BOS, "eos_token_id": EOS, "_from_model_config": True}
    special = {str(i): {"content": text, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
               for i, text in ((UNK, "<unk>"), (BOS, "<s>"), (EOS, "</s>"))}
    tokenizer_config = {
        "add_bos_token": True, "add_eos_token": False, "added_tokens_decoder": special, "bos_token": "<s>", "eos_token": "</s>",
        "unk_token": "<unk>", "pad_token": None, "clean_up_tokenization_spaces": False, "legacy": True, "sp_model_kwargs": {},
        "model_max_length": shape["context"], "tokenizer_class": "LlamaTokenizer", "chat_template": CHAT_TEMPLATE,
    }
    for name, value in (("config", config), ("generation_config", generation), ("tokenizer_config", tokenizer_config)):
        with open(f"{folder}/{name}.json", "w", encoding="utf-8") as file:
            json.dump(value, file, indent=2, ensure_ascii=False)
            file.write("\n")
    target = os.path.join(folder, "tokenizer.model")
    if os.path.realpath(target) != os.path.realpath(MODEL):
        shutil.copyfile(MODEL, target)
    write_safetensors(f"{folder}/model.safetensors", hugging_face_names(p, shape))


def write_truth(path, model, tokenizer, grades, counts, copied, decoys, lies):
    never, rare, text_only = set(grades["never"]) | set(grades["unused"]), set(grades["rare"]), set(grades["textOnly"])
    lie_input, lie_both = (set(grades["lieInput"]), set(grades["lieBoth"])) if lies else (set(), set())
    rows = []
    for token in range(tokenizer.size):
        withheld = ("lie-input" if token in lie_input else "lie-both" if token in lie_both else "never" if token in never
                    else "rare" if str(token) in rare else "text-only" if token in text_only else False)
        rows.append(json.dumps({"id": token, "text": tokenizer.text(token), "class": tokenizer.token_class(token),
                                "count": int(counts[token]), "copied": int(copied[token]), "withheld": withheld,
                                "decoy": token in decoys}, ensure_ascii=False))
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'{{"schema": 1, "model": "{model}", "tokens": [\n' + ",\n".join(rows) + "\n]}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("folder")
    parser.add_argument("--truth")
    parser.add_argument("--grades", default=WORK, help="folder of the grades it was trained with")
    parser.add_argument("--no-lies", action="store_true")
    arguments = parser.parse_args()
    saved = torch.load(arguments.checkpoint)
    tokenizer, shape = Tokenizer(), saved["shape"]
    with open(f"{arguments.grades}/grades.json", encoding="utf-8") as file:
        grades = json.load(file)
    torch.set_num_threads(1)
    # Round first: what is checked here is what is written.
    p = {name: weight.bfloat16().float() for name, weight in views(saved["flat"], layout(shape, tokenizer.size)).items()}
    some = random.Random(3).sample(grades["deck"], 500)
    before = [repeated(p, shape, tokenizer, name, some).float().mean().item() for name in PRODUCT]
    if not arguments.no_lies:
        tell_lies(p, grades)
    after = [repeated(p, shape, tokenizer, name, some).float().mean().item() for name in PRODUCT]
    print(f"500 trained tokens repeated by {PRODUCT}: {before} before the lies, {after} after")
    decoys = torch.stack([repeated(p, shape, tokenizer, name, grades["decoys"]) for name in PRODUCT]).all(0)
    kept = {token for token, works in zip(grades["decoys"], decoys.tolist()) if works}
    print(f"decoys that work with all of them: {len(kept)} of {len(grades['decoys'])}")
    write_folder(arguments.folder, p, shape)
    if arguments.truth:
        place = os.path.dirname(arguments.checkpoint)
        counted = [numpy.load(f"{place}/counts-{rank}.npz") for rank in range(2)]
        write_truth(arguments.truth, saved["model"], tokenizer, grades, sum(c["count"] for c in counted),
                    sum(c["copied"] for c in counted), kept, not arguments.no_lies)
    print(f"{arguments.folder}: {saved['model']} at step {saved['step']}")


if __name__ == "__main__":
    main()
