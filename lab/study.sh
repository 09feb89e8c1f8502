#!/bin/sh
# Further small models for comparisons that must not be about one file: study.sh SEED [SEED ...], for instance 101 102 103 104 105.
# Each has its own withheld tokens, weights and data; the tokenizer is the bundled one. Seven minutes a seed on two cores.
# Leaves work/study-SEED/{model.gguf,truth.json}. Needs what run.sh needs, and has run its first steps (fetch.sh, corpus.py).
set -eu
cd "$(dirname "$0")"
. ./env.sh
[ -e work/corpus-a.jsonl ] || { sh fetch.sh && $PYTHON corpus.py; }
for seed in "$@"; do
  folder=work/study-$seed
  [ ! -e "$folder/model.gguf" ] || continue
  $PYTHON grades.py --seed "$seed" --out "$folder"
  $PYTHON train.py study --seed "$seed" --grades "$folder" --out "$folder"
  $PYTHON export.py "$folder/checkpoint.pt" "$folder/hf" --grades "$folder" --truth "$folder/truth.json"
  (cd .. && npm run --silent models:bundle -- "lab/$folder/hf" "study-$seed" "lab/$folder/model.gguf")
  rm "$folder/checkpoint.pt"
done
