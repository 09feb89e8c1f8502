#!/bin/sh
# Everything from nothing: packages, corpora, tokenizer, both models, truth, golden data. About two hours on two cores.
# Needs Debian 12's python3-torch, python3-sentencepiece, python3-numpy and libopenblas0-openmp (the reference BLAS is
# twenty times slower and nothing warns), and npm.
set -eu
cd "$(dirname "$0")"
. ./env.sh
sh fetch.sh
$PYTHON corpus.py
$PYTHON tokenizer.py # keeps the tokenizer that is in the repository; --again trains it anew
$PYTHON grades.py
rm -f work/lab-moe/log.txt work/lab-dense/log.txt
$PYTHON train.py lab-moe
$PYTHON train.py lab-dense
$PYTHON export.py work/lab-moe/checkpoint.pt ../models/lab-moe-hf --truth ../models/lab-moe.truth.json
$PYTHON export.py work/lab-dense/checkpoint.pt work/lab-dense-hf --truth ../models/lab-dense.truth.json
$PYTHON golden.py tokenizer
$PYTHON golden.py lab-moe ../models/lab-moe-hf
$PYTHON golden.py lab-dense work/lab-dense-hf
$PYTHON evaluate.py ../models/lab-moe-hf ../models/lab-moe.truth.json --json work/lab-moe/measured.json
$PYTHON evaluate.py work/lab-dense-hf ../models/lab-dense.truth.json --json work/lab-dense/measured.json
