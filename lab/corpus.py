"""Corpus A (the models and the tokenizer see it) and corpus B (only the tokenizer sees it).

That difference is the whole point of the lab: pieces that only B needed get a row in the vocabulary and
never a training example, which is how glitch tokens come about in real models.
"""
import glob
import gzip
import html.parser
import json
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(HERE, "work")
PACKAGES = os.path.join(WORK, "packages", "usr")
NPM = os.path.join(WORK, "npm")

BOOKS = ("Ge", "Ex", "Ps", "Pr", "Ec", "Mat", "Mark", "Luke", "John")  # enough of the Bible, not all of it


def paragraphs(text):
    """Blocks between blank lines, each on one line."""
    for block in re.split(r"\n\s*\n", text):
        yield " ".join(block.split())


def dictd(name):
    with gzip.open(f"{PACKAGES}/share/dictd/{name}.dict.dz", "rt", encoding="utf-8", errors="ignore") as file:
        return file.read()


def jargon():
    return (re.sub(r"[{}]", "", p) for p in paragraphs(dictd("jargon")) if not p.startswith("00-database"))


def devil():
    return (p for p in paragraphs(dictd("devil")) if not p.startswith("00-database"))


def wordnet():
    """Every third synset as "word, word: gloss"."""
    for part in ("adj", "adv", "noun", "verb"):
        with open(f"{PACKAGES}/share/wordnet/data.{part}", encoding="utf-8") as file:
            for number, line in enumerate(line for line in file if not line.startswith("  ")):
                if number % 3 == 0:
                    head, gloss = line.split(" | ", 1)
                    fields = head.split(" ")
                    words = [re.sub(r"\(.*\)", "", fields[4 + 2 * i]).replace("_", " ") for i in range(int(fields[3], 16))]
                    yield f"{', '.join(words[:3])}: {gloss.strip()}"


def python_docs():
    root = f"{PACKAGES}/share/doc/python3.11/html/_sources"
    for part in ("faq", "howto", "library", "reference", "tutorial"):
        for path in sorted(glob.glob(f"{root}/{part}/*.rst.txt")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            text = re.sub(r":[\w:]+:`[~!]?([^`<]*?)\s*(?:<[^>]*>)?`", r"\1", text)  # :func:`len` -> len
            for block in re.split(r"\n\s*\n", text):
                if re.match(r"\s*\.\.|\s*>>>|\s+\S", block) or re.search(r"^[=\-*~^#+|]{3,}", block, re.M):
                    continue  # directives, examples, indented matter, headings, tables
                yield re.sub(r"``|\*\*|`_?|::$", "", " ".join(block.split()))


class Prose(html.parser.HTMLParser):
    """Text of <p>, <li> and <dd>, without what stands in <pre>, <script>, <style>, <table>."""

    def __init__(self):
        super().__init__()
        self.hidden, self.open, self.parts, self.found = 0, False, [], []

    def flush(self):
        text = " ".join("".join(self.parts).split())
        self.parts = []
        if text:
            self.found.append(text)

    def handle_starttag(self, tag, attributes):
        if tag in ("pre", "script", "style", "table"):
            self.hidden += 1
        if tag in ("p", "li", "dd", "dt", "div", "ul", "h1", "h2", "h3", "blockquote", "pre", "table"):
            self.flush()
            self.open = tag in ("p", "li", "dd")

    def handle_endtag(self, tag):
        if tag in ("pre", "script", "style", "table"):
            self.hidden = max(0, self.hidden - 1)
        if tag in ("p", "li", "dd"):
            self.flush()
            self.open = False

    def handle_data(self, data):
        if self.open and not self.hidden:
            self.parts.append(data)


def pages(pattern):
    for path in sorted(glob.glob(pattern)):
        with open(path, encoding="utf-8", errors="ignore") as file:
            prose = Prose()
            prose.feed(file.read())
        yield from (text for text in prose.found if len(text) > 60)


def bible():
    """The text is packed; the program that comes with it prints it, one verse a line."""
    program = f"{PACKAGES}/bin/bible"
    text = subprocess.run([program, "-f", "-l", "20000", "-p", f"{PACKAGES}/lib", "Gen1:1-Rev22:21"],
                          capture_output=True, check=True, text=True).stdout
    for line in text.splitlines():
        book, verse = line.split(" ", 1)
        if book.startswith(BOOKS):
            yield verse


SOURCES = {  # name -> (paragraphs, most characters taken)
    "wordnet": (wordnet, 4_000_000),
    "jargon": (jargon, 1_300_000),
    "devil": (devil, 400_000),
    "python": (python_docs, 2_000_000),
    "sqlite": (lambda: pages(f"{PACKAGES}/share/doc/sqlite3/*.html"), 1_200_000),
    "postgresql": (lambda: pages(f"{PACKAGES}/share/doc/postgresql-doc-15/html/*.html"), 1_500_000),
    "bible": (bible, 900_000),
}


def corpus_a():
    """[(source, paragraph)], sorted by nothing but the order of the sources: the same everywhere."""
    rows = []
    for name, (read, most) in SOURCES.items():
        size, seen = 0, set()
        for text in read():
            text = text.replace("\t", " ").strip()
            if len(text) < 20 or text in seen or re.search(r"[\x00-\x1f\x7f\ufffd]", text):
                continue
            text = text[:1500]
            seen.add(text)
            rows.append((name, text))
            size += len(text)
            if size >= most:
                break
    return rows


MESSAGES = {"cs": 9, "de": 12, "es": 10, "fr": 10, "it": 10, "pl": 9, "pt-br": 9, "ru": 10, "tr": 9,
            "ja": 2, "ko": 1, "zh-cn": 1}  # thousand characters of each language
CODE = {"lodash/lodash.js": 40, "express/lib/*.js": 30, "jquery/dist/jquery.js": 40, "underscore/underscore.js": 25,
        "moment/src/locale/[d-i]*.js": 16, "validator/lib/isA*.js": 16, "typescript/lib/lib.dom.d.ts": 40}


def corpus_b():
    lines = []
    for language, size in MESSAGES.items():
        with open(f"{NPM}/typescript/lib/{language}/diagnosticMessages.generated.json", encoding="utf-8") as file:
            messages = json.load(file)
        taken = 0
        for key in sorted(messages):
            lines.append(messages[key])
            taken += len(messages[key])
            if taken > size * 1000:
                break
    for pattern, size in CODE.items():
        text = "".join(open(path, encoding="utf-8").read() for path in sorted(glob.glob(f"{NPM}/{pattern}")))
        lines += [line.replace("\t", "  ") for line in text[:size * 1000].splitlines() if line.strip()]
    return lines


def main():
    a, b = corpus_a(), corpus_b()
    with open(f"{WORK}/corpus-a.jsonl", "w", encoding="utf-8") as file:
        for row in a:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with open(f"{WORK}/corpus-b.txt", "w", encoding="utf-8") as file:
        file.write("\n".join(b) + "\n")
    for name in SOURCES:
        print(f"A {name:10} {sum(len(t.encode()) for s, t in a if s == name) / 1e6:.2f} MB  {sum(s == name for s, _ in a)} paragraphs")
    print(f"B {'':10} {sum(len(t.encode()) for t in b) / 1e6:.2f} MB  {len(b)} lines")


if __name__ == "__main__":
    main()
