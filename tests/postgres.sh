#!/bin/sh
# A private PostgreSQL for tests: loopback only, a free port, nothing synced to disk.
#
#   tests/postgres.sh start DIR    makes a cluster in DIR, starts it and prints its URL
#   tests/postgres.sh stop DIR     stops it and removes DIR
#
# PostgreSQL refuses to run as root, so root runs it as the user `postgres`.
set -eu

usage() {
    echo "usage: $0 start|stop DIR" >&2
    exit 2
}

[ $# -eq 2 ] || usage
action=$1
dir=$2
case $dir in
/*) ;;
*) dir=$PWD/$dir ;;
esac

as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

find_binaries() {
    for candidate in "$(command -v postgres 2>/dev/null || true)" /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres; do
        [ -n "$candidate" ] && [ -x "$candidate" ] && found=$(dirname "$(readlink -f "$candidate")")
    done
    if [ -z "${found:-}" ]; then
        echo "$0: no PostgreSQL here (Debian: apt-get install postgresql)" >&2
        exit 3
    fi
}

# A port that nobody listens on. Between asking and using it somebody else may take it; then the start is tried again.
free_port() {
    port=$(( $(od -An -N2 -tu2 /dev/urandom) % 20000 + 30000 ))
    while ss -Hltn "sport = :$port" 2>/dev/null | grep -q .; do
        port=$((port + 1))
    done
}

start() {
    find_binaries
    mkdir -p "$dir"
    [ "$(id -u)" -ne 0 ] || chown postgres "$dir"
    as_owner "$found/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale -N >"$dir/initdb.log" 2>&1
    for _ in 1 2 3 4 5; do
        free_port
        options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$dir -c fsync=off"
        options="$options -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB"
        if as_owner "$found/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 30 -o "$options" start >/dev/null 2>&1; then
            echo "postgres://postgres@127.0.0.1:$port/postgres"
            return
        fi
    done
    echo "$0: PostgreSQL did not start, see $dir/server.log" >&2
    exit 1
}

stop() {
    find_binaries
    [ ! -d "$dir/data" ] || as_owner "$found/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null
    rm -rf "$dir/data" "$dir"/*.log "$dir"/.s.PGSQL.*
    rmdir "$dir" 2>/dev/null || true
}

case $action in
start) start ;;
stop) stop ;;
*) usage ;;
esac
