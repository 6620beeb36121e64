#!/usr/bin/env bash
# An etcd cluster in this terminal: installs what is missing, builds procman,
# and starts the Procfile in a folder of its own.  Ctrl-C ends it all.
#
#     examples/quickstart.sh [FOLDER]
#
# FOLDER (default: ~/.local/share/procman/etcd) gets copies of the Procfiles,
# which are yours to change, and the members' data.  It is never overwritten:
# started again, the cluster goes on with what it had.
set -euo pipefail

case ${1-} in
-h | --help)
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0"
    exit 0
    ;;
esac
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=${1:-${XDG_DATA_HOME:-$HOME/.local/share}/procman/etcd}
procman=$source_dir/build/procman

. "$source_dir/examples/packages.sh"
need run

build() {
    # For a new folder only: one that exists keeps the generator it has.
    export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
    cmake -S "$source_dir" -B "$source_dir/build" -DCMAKE_BUILD_TYPE=Release &&
        cmake --build "$source_dir/build" --target procman
}
if ! log=$(build 2>&1); then
    echo "$log"
    echo "quickstart: procman could not be built" >&2
    exit 1
fi

give() { # from, to: a copy, unless there is one
    [ -e "$data/$2" ] || cp "$source_dir/$1" "$data/$2"
}
mkdir -p "$data"
give Procfile Procfile
give Procfile.learner Procfile.learner
give examples/etcd-4/Procfile Procfile.4
give examples/discovery/Procfile.nginx Procfile.nginx
give examples/discovery/nginx.conf nginx.conf
# etcd 3.4 wants to be told that this is meant, elsewhere than on amd64.
case $(uname -m) in
x86_64 | ppc64le) ;;
aarch64) [ -e "$data/.env" ] || echo ETCD_UNSUPPORTED_ARCH=arm64 >"$data/.env" ;;
esac

cd "$data"
port_is_taken() {
    (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
# If it is our own cluster, `procman start` says so, better than we could.
if ! "$procman" -f Procfile status >/dev/null 2>&1; then
    for port in 2379 22379 32379 12380 22380 32380 23790; do
        if port_is_taken $port; then
            echo "quickstart: port $port is in use, so a member would not" \
                "start.  If that is Debian's own etcd:" >&2
            echo "    sudo systemctl disable --now etcd" >&2
            exit 1
        fi
    done
fi

cat <<END
The cluster runs in $data; Ctrl-C ends it.
In a second terminal:
    cd $(printf %q "$data"); PATH=$(printf %q "$source_dir/build"):\$PATH
    procman status
    etcdctl member list

END
exec "$procman" start
