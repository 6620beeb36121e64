#!/usr/bin/env bash
# Every test there is, from nothing: installs what is missing, builds, runs.
#
#     tests/run.sh              everything
#     tests/run.sh --valgrind   the command-line suite under valgrind
#
# Release and ASan+UBSan with gcc, and clang's opinion; units, the command line,
# real etcd in both.  What strangers write is fuzzed for a minute each, the rest
# for ten seconds; FUZZ_SECONDS is another time for all of them.
# Results and logs lie in build/tests/.  The last line is `N passed, N failed`,
# and the exit code says whether all is well.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

mode=${1-}
case $mode in
"" | --valgrind) ;;
*)
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0"
    [ "$mode" = --help ] || [ "$mode" = -h ]
    exit $((2 * $?))
    ;;
esac

. examples/packages.sh
need test || exit 1

logs=$PWD/build/tests
rm -rf "$logs"
mkdir -p "$logs"
# A test that cannot run here has failed here.
export CI=true
export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
# A private place for sessions, whatever this machine has.
XDG_RUNTIME_DIR=$(mktemp -d)
export XDG_RUNTIME_DIR
lanes=()
on_exit() {
    [ ${#lanes[@]} -eq 0 ] || kill "${lanes[@]}" 2>/dev/null
    wait
    rm -rf "$XDG_RUNTIME_DIR"
}
trap on_exit EXIT
trap 'exit 130' INT TERM

# --- What a part of the run came to -----------------------------------------

# part NAME COUNTER COMMAND...: runs it into a log, asks COUNTER for "passed
# failed" (of the log, and the command's exit code) and keeps the answer.
part() {
    local name=$1 counter=$2 started=$SECONDS code counts passed failed
    shift 2
    "$@" >"$logs/$name.log" 2>&1 </dev/null
    code=$?
    counts=$("$counter" "$logs/$name.log" "$code" "$name")
    echo "$counts" >"$logs/$name.result"
    read -r passed failed <<<"$counts"
    printf '%-4s %-18s %4d passed, %d failed (%d s)\n' \
        "$([ "$failed" -eq 0 ] && echo ok || echo BAD)" "$name" \
        "$passed" "$failed" $((SECONDS - started))
    [ "$failed" -eq 0 ]
}

one() { # log, exit code: the command is one test
    [ "$2" -eq 0 ] && echo "1 0" || echo "0 1"
}

# Every case of cmocka counts.  A program that ctest counts as failed counts at
# least once, whatever it could still say.
units() { # log, exit code
    awk -v code="$2" '
        /\[       OK \]/ { passed++ }
        /\[  FAILED  \] [a-z]/ { seen[$NF] = 1 }
        /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: layers .*Passed/ { passed++ }
        /tests failed out of/ { programs = $4 }
        END {
            failed = length(seen)
            if (failed < programs) failed = programs
            if (failed == 0 && (code != 0 || passed == 0)) failed = 1
            print passed + 0, failed
        }' "$1"
}

# Skipped is failed, and so is a run that ended without its summary, or found
# nothing.  A sanitizer's or valgrind's report, which is what has a stack in it,
# counts even if no test has noticed it.
suite() { # log, exit code, name
    local summary passed failed reports
    summary=$(grep -E '^(=+ )?[0-9]+ (passed|failed|skipped|error)' "$1" |
        tail -n 1)
    count() { grep -oE "[0-9]+ $1" <<<"$summary" | cut -d' ' -f1; }
    passed=$(count passed)
    failed=$(($(count failed || echo 0) + $(count 'error' || echo 0) + $(
        count skipped || echo 0)))
    reports=$(cd "$logs" && grep -lE '(#0|at) 0x' "report.$3."* 2>/dev/null |
        wc -l)
    failed=$((failed + reports))
    [ "$failed" -eq 0 ] && [ "$2" -ne 0 ] && failed=1
    echo "${passed:-0} $failed"
}

# --- The parts ---------------------------------------------------------------

build() { # preset, compiler
    CC=$2 cmake --preset "$1" -DPROCMAN_WERROR=ON &&
        nice -n 19 cmake --build --preset "$1" -j 2
}

format_is_ours() {
    git ls-files '*.c' '*.h' 2>/dev/null | grep . >/dev/null ||
        find src include tests -name '*.[ch]' | grep . >/dev/null || return 1
    find src include tests -name '*.[ch]' -print0 |
        xargs -0 clang-format --dry-run -Werror
}

# Clang's static analyzer and bug-finding checks (.clang-tidy).
analyze() {
    find src -name '*.c' -print0 |
        nice -n 19 xargs -0 -n 4 -P 2 clang-tidy -p build --quiet
}

# A shell's background jobs ignore SIGINT, nohup's SIGHUP, and so would all that
# they start.
as_by_hand() {
    env --default-signal=INT,QUIT,HUP "$@"
}

run_units() { # build folder
    as_by_hand ctest --test-dir "$1" -V
}

# pytest, with a binary.  Where its sanitizers write is where `suite` looks.  A
# SIGSEGV that a test sends is no finding; a real one ends procman all the same.
run_suite() { # part's name, binary, pytest's arguments...
    local report=$logs/report.$1
    PROCMAN=$2 \
        ASAN_OPTIONS=detect_leaks=1:handle_segv=0:log_path=$report.asan \
        UBSAN_OPTIONS=print_stacktrace=1:log_path=$report.ubsan \
        as_by_hand /usr/bin/python3 -m pytest -q -p no:cacheprovider "${@:3}"
}

fuzz_seconds() { # what is fuzzed
    case $1 in
    procfile | envfile | shellwords | settings | protocol | session_json | \
        escapes | pretty)
        echo "${FUZZ_SECONDS:-60}" ;;
    *) echo "${FUZZ_SECONDS:-10}" ;;
    esac
}

# Begins with the seeds, keeps nothing.  It yields to whoever else computes, and
# one that hangs is told from one that has to wait.
fuzz() { # fuzzer
    local name corpus seeds=()
    name=$(basename "${1#*fuzz_}")
    corpus=$(mktemp -d) || return 1
    [ -d "tests/fuzz/seeds/$name" ] && seeds=("tests/fuzz/seeds/$name")
    nice -n 19 "$1" -max_total_time="$(fuzz_seconds "$name")" \
        -artifact_prefix="$logs/" -print_final_stats=1 -timeout=30 \
        "$corpus" "${seeds[@]}"
    local code=$?
    rm -rf "$corpus"
    return $code
}

fuzz_all() { # two at once
    local fuzzer running=0
    for fuzzer in build-fuzz/fuzz_*; do
        [ -x "$fuzzer" ] && [ -f "$fuzzer" ] || continue
        [ $((++running)) -le 2 ] || wait -n
        part "fuzz-$(basename "${fuzzer#*fuzz_}")" one fuzz "$fuzzer" &
    done
    wait
}

# What is measured of the bare program: a sanitizer and valgrind have memory of
# their own, and bear no strace.
bare_only=(
    --deselect tests/cli/test_limits.py::test_a_guard_costs_less_than_a_mebibyte
    --deselect tests/cli/test_output.py::test_few_writes_for_each_turn_of_the_loop_and_whole_lines_only
)

# valgrind cannot come back from an exec that fails late, needs descriptors 0 to
# 2 for itself, and has others open across exec.
beyond_valgrind=(
    --deselect tests/cli/test_procfile.py::test_processes_have_three_descriptors_and_no_input
    --deselect tests/cli/test_procfile.py::test_a_missing_interpreter_is_told
    --deselect tests/cli/test_shutdown.py::test_closed_standard_descriptors_are_no_harm
    --deselect tests/cli/test_limits.py::test_closed_standard_descriptors_are_never_used_for_anything_else
)

# --- The run -----------------------------------------------------------------

# Three lanes for two processors: the suites mostly wait, and what computes runs
# beside them and gives way to them.  The ports of the cluster are fixed, so only
# one etcd suite runs at a time.
everything() {
    part format one format_is_ours
    part build-release one build release gcc || return
    second_lane &
    lanes=($!)
    part build-asan one build asan gcc && : >"$logs/asan.ready"
    : >"$logs/asan.tried"
    computing_lane &
    lanes+=($!)
    part units-release units run_units build
    part cli-release suite run_suite cli-release "$PWD/build/procman" tests/cli
    cli_asan 1
    wait "${lanes[@]}"
    lanes=()
}

second_lane() {
    trap - EXIT
    part etcd-release suite run_suite etcd-release "$PWD/build/procman" \
        tests/etcd
    until [ -e "$logs/asan.tried" ]; do sleep 1; done
    [ -e "$logs/asan.ready" ] || return
    part etcd-asan suite run_suite etcd-asan "$PWD/build-asan/procman" \
        tests/etcd --ignore tests/etcd/test_quickstart.py
    part units-asan units run_units build-asan
    cli_asan 2
    cli_asan 3
}

computing_lane() {
    trap - EXIT
    part build-clang one build fuzz clang && fuzz_all
    part analyzer one analyze
}

cli_asan() { # which third of it
    [ ! -e "$logs/asan.ready" ] ||
        PROCMAN_TEST_SLOW=1 part "cli-asan-$1" suite run_suite "cli-asan-$1" \
            "$PWD/build-asan/procman" tests/cli --shard "$1/3" "${bare_only[@]}"
}

# Only procman is looked at, not what it executes; leaks are LeakSanitizer's
# business, since valgrind takes for one what a signal has interrupted.
under_valgrind() {
    part build-release one build release gcc || return
    local half name halves=()
    for half in 1 2; do
        name=cli-valgrind-$half
        cat >"$logs/procman-$half" <<END
#!/bin/sh
exec valgrind -q --trace-children=no --leak-check=no --error-exitcode=99 \\
    --log-file="$logs/report.$name.%p" "$PWD/build/procman" "\$@"
END
        chmod +x "$logs/procman-$half"
        PROCMAN_TEST_SLOW=1 part $name suite run_suite $name \
            "$logs/procman-$half" tests/cli \
            --shard $half/2 "${bare_only[@]}" "${beyond_valgrind[@]}" &
        halves+=($!)
    done
    wait "${halves[@]}"
}

if [ "$mode" = --valgrind ]; then under_valgrind; else everything; fi

passed=0 failed=0
for result in "$logs"/*.result; do
    read -r p f <"$result"
    passed=$((passed + p)) failed=$((failed + f))
    [ "$f" -eq 0 ] && continue
    echo
    echo "=== $(basename "$result" .result) ==="
    tail -n 80 "${result%.result}.log" | cut -c 1-200
    for report in "$logs/report.$(basename "$result" .result)".*; do
        grep -qE '(#0|at) 0x' "$report" 2>/dev/null &&
            echo "--- $report" && head -n 60 "$report"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
