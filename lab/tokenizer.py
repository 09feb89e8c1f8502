"""The SentencePiece tokenizer: training it, and the few views of it that the lab needs."""
import json
import os
import sys

import sentencepiece

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(HERE, "work")
# The trained tokenizer is part of the repository: a new SentencePiece release need not give the same pieces.
MODEL = os.path.join(HERE, "..", "models", "lab-moe-hf", "tokenizer.model")
VOCABULARY = 12288
UNK, BOS, EOS = 0, 1, 2
FIRST_BYTE, FIRST_PIECE = 3, 259  # ids 3..258 are the bytes <0x00>..<0xFF>
NEWLINE = FIRST_BYTE + 0x0A


def train(corpus_a, corpus_b, prefix):
    text = os.path.join(WORK, "tokenizer-input.txt")
    with open(text, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in corpus_a + corpus_b)
    printable = "".join(chr(c) for c in range(0x21, 0x7F))  # so that no ASCII byte token is ever needed
    sentencepiece.SentencePieceTrainer.train(
        input=text, model_prefix=prefix, model_type="bpe", vocab_size=VOCABULARY,
        byte_fallback=True, unk_id=UNK, bos_id=BOS, eos_id=EOS, pad_id=-1,
        add_dummy_prefix=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        split_digits=True, allow_whitespace_only_pieces=True, character_coverage=0.9998,
        required_chars=printable + "«»→", max_sentencepiece_length=16, num_threads=1, minloglevel=1)


class Tokenizer:
    def __init__(self, path=MODEL):
        self.model = sentencepiece.SentencePieceProcessor(model_file=path)
        self.size = self.model.get_piece_size()
        self.pieces = [self.model.id_to_piece(i) for i in range(self.size)]
        self.starts_word = [p.startswith("▁") for p in self.pieces]
        self.lone_space = self.pieces.index("▁")
        self.cache = {}

    def start(self, text):
        """Ids of a text that opens a sequence (a space is put before it)."""
        return self.model.encode(text)

    def rest(self, text):
        """Ids of a text that continues one. A newline is no part of any piece, so it separates cleanly."""
        if text not in self.cache:
            ids = self.model.encode("\n" + text)
            assert ids[:2] == [self.lone_space, NEWLINE]
            if len(self.cache) > 200000:
                self.cache.clear()
            self.cache[text] = ids[2:]
        return self.cache[text]

    def text(self, token):
        return self.pieces[token].replace("▁", " ")

    def token_class(self, token):
        if token in (UNK, BOS, EOS):
            return "control"
        if token < FIRST_PIECE:
            return "byte"
        if "\ufffd" in self.pieces[token]:
            return "undecodable"
        anchor = self.rest("«")
        return "normal" if self.rest("«" + self.text(token)) == anchor + [token] else "unreachable"


def main():
    with open(f"{WORK}/corpus-a.jsonl", encoding="utf-8") as file:
        a = [json.loads(line)[1] for line in file]
    with open(f"{WORK}/corpus-b.txt", encoding="utf-8") as file:
        b = file.read().splitlines()
    if not os.path.exists(MODEL) or "--again" in sys.argv:
        os.makedirs(os.path.dirname(MODEL), exist_ok=True)
        train(a, b, f"{WORK}/tokenizer")
        os.replace(f"{WORK}/tokenizer.model", MODEL)
    tokenizer = Tokenizer()
    counts = [0] * tokenizer.size
    for text in a:
        for token in tokenizer.start(text):
            counts[token] += 1
    classes = [tokenizer.token_class(i) for i in range(tokenizer.size)]
    never = [i for i in range(FIRST_PIECE, tokenizer.size) if counts[i] == 0 and classes[i] == "normal"]
    print(f"{tokenizer.size} pieces, corpus A {sum(counts)} tokens, classes "
          f"{ {c: classes.count(c) for c in sorted(set(classes))} }")
    print(f"{len(never)} normal pieces that corpus A never needs, such as "
          f"{' '.join(tokenizer.pieces[i] for i in never[::max(1, len(never) // 40)])}")


if __name__ == "__main__":
    main()
