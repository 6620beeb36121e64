# shellcheck shell=bash
# packages.sh - the Debian packages that procman needs; the one list of them.
#
# Sourced (bash).  `need run`: to build procman and to run the examples.
# `need test`: also everything that tests/run.sh uses.  What is there already,
# from wherever, is left alone; only if something is missing, apt-get is
# called, with sudo if we are not root.  Returns 1 after saying what to do if
# that is not possible.

# package, and what shows that it is there:
#   command:NAME  a program in PATH (or in the sbin folders)
#   library:NAME  pkg-config knows it
#   python:NAME   a module of the system's python3
#   file:PATTERN  a file
packages_of_run='
gcc             command:cc
libc6-dev       file:/usr/include/stdlib.h
cmake           command:cmake
ninja-build     command:ninja
pkg-config      command:pkg-config
libuv1-dev      library:libuv
libinih-dev     library:inih
libjansson-dev  library:jansson
zlib1g-dev      library:zlib
etcd-server     command:etcd
etcd-client     command:etcdctl
'
packages_of_test='
clang           command:clang
libclang-rt-dev file:/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a
clang-format    command:clang-format
clang-tidy      command:clang-tidy
libcmocka-dev   library:cmocka
python3         command:python3
python3-pytest  python:pytest
nginx           command:nginx
curl            command:curl
groff-base      command:groff
less            command:less
valgrind        command:valgrind
strace          command:strace
procps          command:ps
'

package_is_there() { # what shows it
    local PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
    case $1 in
    command:*) command -v "${1#*:}" >/dev/null ;;
    library:*) pkg-config --exists "${1#*:}" 2>/dev/null ;;
    python:*) /usr/bin/python3 -c "import ${1#*:}" 2>/dev/null ;;
    file:*) compgen -G "${1#*:}" >/dev/null ;;
    esac
}

packages_missing() { # run | test
    local package proof
    while read -r package proof; do
        [ -z "$package" ] || package_is_there "$proof" || echo "$package"
    done <<<"$packages_of_run
$([ "$1" = test ] && echo "$packages_of_test")"
}

# Debian starts what it installs.  A system-wide etcd would hold port 2379, and
# nobody has asked for a web server: what we have brought in is not left running.
services_quiet() { # package names
    local package service
    for package in "$@"; do
        case $package in
        etcd-server) service=etcd ;;
        nginx) service=nginx ;;
        *) continue ;;
        esac
        if [ -d /run/systemd/system ]; then
            $as_root systemctl disable --now "$service"
        else
            $as_root update-rc.d "$service" disable
            $as_root "/etc/init.d/$service" stop
        fi >/dev/null 2>&1 || true
    done
}

# Names of packages hold no blanks and no globs.
# shellcheck disable=SC2207
need() { # run | test
    local missing log as_root=
    missing=($(packages_missing "$1"))
    [ ${#missing[@]} -eq 0 ] && return 0
    if ! command -v apt-get >/dev/null; then
        echo "This needs what Debian calls: ${missing[*]}." >&2
        echo "There is no apt-get here; please install them your way." >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
        if ! command -v sudo >/dev/null; then
            echo "Missing packages, and neither root nor sudo to install" \
                "them.  As root:" >&2
            echo "    apt-get install ${missing[*]}" >&2
            return 1
        fi
    fi
    echo "Installing: ${missing[*]}"
    # A source of the machine's own that does not answer is not our business
    # as long as the packages can be had.
    if ! log=$({
        $as_root apt-get -qq update || true
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
            --no-install-recommends "${missing[@]}"
    } 2>&1); then
        echo "$log" >&2
        echo "apt-get could not install: ${missing[*]}" >&2
        return 1
    fi
    services_quiet "${missing[@]}"
}
