# shellcheck shell=bash
# What the scripts here share: which forge this runs on, and how its API is asked. Sourced, not run.
#
#   RIGAUD_PLATFORM    github, gitlab or forgejo
#   RIGAUD_API_TOKEN   may write comments (and, for plan-store, read artifacts or write packages); never an argument,
#                      so it is in no list of processes and no log

fail() {
    local status=$1
    shift
    echo "${0##*/}: $*" >&2
    case ${RIGAUD_PLATFORM-} in github | forgejo) echo "::error::${0##*/}: $*" ;; esac
    exit "$status"
}

need() {
    local name
    for name in "$@"; do
        [ -n "${!name-}" ] || fail 64 "$name is not set"
    done
}

need_programs() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || fail 69 "$program is not installed"
    done
}

# What is written must not be there as a manifest at the next run.
#
#   apart SOURCE OUT
apart() {
    local source out
    [ -d "$1" ] || return 0
    source=$(realpath "$1")
    out=$(realpath -m "$2")
    case "$out/" in "${source%/}"/*) ;; *) return 0 ;; esac
    case "${out#"${source%/}"}" in
    */.*) ;;
    *) fail 64 "$2 lies in $1, and its files would be read as manifests. Give the stack a folder of its own, or write to one that is hidden, such as .out" ;;
    esac
}

# A value as one part of a URL.
encoded() { jq -rn --arg text "$1" '$text | @uri'; }

# curl, for the API: HEADER is read from a pipe.
#
#   request "NAME: VALUE" CURL-ARGUMENTS...
request() {
    local header=$1
    shift
    header=${header//\\/\\\\}
    curl --silent --show-error --fail --connect-timeout 20 --max-time 300 \
        --config <(printf 'header = "%s"\n' "${header//\"/\\\"}") "$@"
}

api_header() {
    case $RIGAUD_PLATFORM in
    gitlab) echo "PRIVATE-TOKEN: $RIGAUD_API_TOKEN" ;;
    *) echo "Authorization: token $RIGAUD_API_TOKEN" ;;
    esac
}

api() { request "$(api_header)" --header 'Accept: application/json' "$@"; }

# Every object of a list that comes in pages, one a line.
api_list() {
    local url=$1 page=1 objects seen=
    case $url in *\?*) url+='&' ;; *) url+='?' ;; esac
    while :; do
        objects=$(api --retry 3 "${url}per_page=100&page=$page" | jq -c "${2:-.[]}") || return
        # A server that knows no pages gives all of it each time.
        [ "$objects" != "$seen" ] || return 0
        [ -z "$objects" ] || printf '%s\n' "$objects"
        [ "$(grep -c . <<<"$objects")" -ge 100 ] || return 0
        seen=$objects
        page=$((page + 1))
    done
}

# The id of a folder in a commit; nothing where it is not there.
tree_of() {
    local folder=${2#./}
    folder=${folder%/}
    # From where this runs, which need not be the top of the repository.
    git rev-parse --verify --quiet "$1:./${folder#.}"
}

# The name under which the plan of a stack is kept: the folder, and the id of its tree in git. Manifests that are the
# same have the same name, on whatever branch and in whatever commit they are.
plan_key() {
    local tree name
    tree=$(tree_of HEAD "$1") || fail 66 "$1 is not a folder of the commit that is checked out"
    name=$(git rev-parse --show-prefix)${1#./}
    name=${name%/}
    name=${name%.}
    name=${name%/}
    [ -n "$name" ] || name=root
    echo "${name//[^A-Za-z0-9]/-}-$tree"
}
