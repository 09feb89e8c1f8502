#!/bin/sh
# Fetches the pinned packages whose text the lab models and their tokenizer are made from.
# Nothing is installed: the packages are unpacked under work/, which git ignores.
set -eu
cd "$(dirname "$0")"
mkdir -p work/deb work/npm work/packages

debian="dict-jargon=4.4.7-3.1 dict-devil=1.0-13.1 python3.11-doc=3.11.2-6+deb12u9 wordnet-base=1:3.0-37
  sqlite3-doc=3.40.1-2+deb12u2 postgresql-doc-15=15.20-0+deb12u1 bible-kjv=4.38 bible-kjv-text=4.38"
npm="typescript@5.4.5 lodash@4.17.21 express@4.18.2 moment@2.29.4 jquery@3.7.1 underscore@1.13.6 validator@13.11.0"

cd work/deb
for package in $debian; do
  ls "${package%%=*}"_*.deb >/dev/null 2>&1 || apt-get download "$package"
done
for file in *.deb; do dpkg -x "$file" ../packages; done

cd ../npm
for package in $npm; do
  archive="$(echo "$package" | tr @ -).tgz"
  test -f "$archive" || npm pack "$package" >/dev/null
  mkdir -p "${package%%@*}" && tar -xzf "$archive" -C "${package%%@*}" --strip-components=1
done
