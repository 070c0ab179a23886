#!/usr/bin/env bash
# images.sh [NAME…]: builds the images in tests/images (by default all of them), without a registry. Each is built once per user, kept as
# an archive for `docker load`, and loaded only if the engine does not have it with the same recipe.
. "$(dirname "$0")/lib.sh"
"$root/scripts/setup.sh"
"$root/scripts/engine.sh" start
one_at_a_time

store=${XDG_CACHE_HOME:-$HOME/.cache}/mcp-devbench/images
recipes=$root/tests/images
mkdir -p "$store"
scratch=$(mktemp -d)
trap 'as_root rm -rf "$scratch"' EXIT

architecture() { case $(uname -m) in aarch64) echo arm64 ;; *) echo amd64 ;; esac; }

# A hash of everything that determines an image: its folder, its base, and the machine.
recipe_of() {
    cat "$recipes/$1"/* "$recipes/busybox"/* <(uname -m) | sha256sum | cut -c1-16
}

# Builds an image archive for `docker load`: one layer, its configuration, and a manifest.
build() {
    local name=$1 recipe=$2 archive=$3 work=$scratch/$1
    say "building devbench-test/$name:1"
    mkdir "$work"
    as_root "$recipes/$name/build.sh" "$work/root"
    as_root tar -C "$work/root" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -cf "$work/layer.tar" .
    sed -e "s/RECIPE/$recipe/" -e "s/ARCH/$(architecture)/" \
        -e "s/DIFF_ID/sha256:$(sha256sum "$work/layer.tar" | cut -d' ' -f1)/" "$recipes/$name/config.json" >"$work/config.json"
    echo "[{\"Config\":\"config.json\",\"RepoTags\":[\"devbench-test/$name:1\"],\"Layers\":[\"layer.tar\"]}]" >"$work/manifest.json"
    # Another checkout may build the same image; it has its own lock.
    tar -C "$work" -cf "$archive.$$.new" manifest.json config.json layer.tar
    mv "$archive.$$.new" "$archive"
}

[ $# -gt 0 ] || set -- busybox scratch python hostile crooked linked arm64 languages
for name in "$@"; do
    [ -x "$recipes/$name/build.sh" ] || fail "unknown image '$name'; known images: $(cd "$recipes" && echo */ | tr -d /)"
    recipe=$(recipe_of "$name")
    archive=$store/$name-$recipe.tar
    loaded=$(docker image inspect -f '{{index .Config.Labels "devbench-test.recipe"}}' "devbench-test/$name:1" 2>/dev/null || true)
    [ "$loaded" != "$recipe" ] || continue
    # Mark as used. Archives that were not used for a day are removed: other recipes, and remains of failed builds.
    touch -c "$archive"
    [ -s "$archive" ] || build "$name" "$recipe" "$archive"
    find "$store" -name "$name-*" -not -path "$archive" -mmin +1440 -delete
    [ -z "$loaded" ] || docker image rm "devbench-test/$name:1" >/dev/null 2>&1 || true
    docker load -q -i "$archive"
done
