#!/bin/sh
# Rolls out with Docker Compose in two stages, and back by itself. A template: see CAPITALS.
# Written out by: skc respond print compose-rollout --out ops/rollout && chmod +x ops/rollout
#
#   ops/rollout deploy REGISTRY/APP@sha256:…   a second container takes it first, then all of them
#   ops/rollout back RELEASE                   goes back to a release (skc gives it as SKC_RELEASE)
#   ops/rollout now                            prints the release that runs
#
# The service in compose.yaml has `image: ${IMAGE}`, no container_name and no fixed port of the host:
# two of it run beside each other for a while, behind a proxy.
# In skc.yaml, below the target:
#   releases: {now: [ops/rollout, now], roll_back: [ops/rollout, back]}
set -eu

service=${SERVICE:-APP}
health=${HEALTH:-http://127.0.0.1:PORT/health}
state=${STATE:-.release}   # the image that runs, by its digest; keep it out of git

compose() { docker compose --file "${COMPOSE_FILE:-compose.yaml}" "$@"; }

by_digest() {
    case "$1" in
        *@sha256:*) ;;
        *) echo "name the image by its digest: $1" >&2; exit 2 ;;
    esac
}

well() { # $1 address, $2 seconds in a row
    left=$2
    tries=0
    while [ "$left" -gt 0 ]; do
        if curl --silent --fail --max-time 3 "$1" > /dev/null; then left=$((left - 3)); else
            tries=$((tries + 1)); left=$2
            [ "$tries" -lt 20 ] || return 1
        fi
        sleep 3
    done
}

up() { # $1 image, $2 how many containers
    IMAGE=$1 compose up --detach --no-deps --scale "$service=$2" --no-recreate "$service"
}

deploy() {
    by_digest "$1"
    before=$(cat "$state" 2> /dev/null || true)
    IMAGE=$1 compose pull --quiet "$service"
    up "$1" 2                                    # the old one goes on; the new one is beside it
    if ! well "$health" 30; then
        echo "the new one is not well: taken back" >&2
        up "${before:?there is nothing to go back to}" 1
        exit 1
    fi
    IMAGE=$1 compose up --detach --no-deps --scale "$service=1" "$service"
    if ! well "$health" 60; then
        echo "not well on its own: taken back" >&2
        [ -z "$before" ] || IMAGE=$before compose up --detach --no-deps "$service"
        exit 1
    fi
    printf '%s\n' "$1" > "$state.new" && mv "$state.new" "$state"
}

case "${1:-}" in
    deploy) deploy "${2:?an image with its digest}" ;;
    back)
        release=${SKC_RELEASE:-${2:-}}
        by_digest "${release:?a release}"
        IMAGE=$release compose up --detach --no-deps "$service"
        printf '%s\n' "$release" > "$state.new" && mv "$state.new" "$state"
        well "$health" 15
        ;;
    now) cat "$state" ;;
    *) sed -n '2,9p' "$0"; exit 2 ;;
esac
