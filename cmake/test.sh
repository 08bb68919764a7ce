# shellcheck shell=bash
# Sourced by ./dev: runs the suites of tests and adds up what passed and failed.
#
# A suite is one program; its name says where and what, e.g. wasm-relaxed/unit. Each runs to its end
# whatever the others did, and its output is in build/tests/<suite>.log.

declare -i passed=0 failed=0 skipped=0
declare -a failures=()
filter='' cases=''

wants() {  # wants SUITE: whether the filter of `./dev test` lets it run
  if [ "$filter" = --list ]; then
    printf '%s\n' "$1"
    return 1
  fi
  [[ $1 == *"$filter"* ]]
}

wants_any() {  # wants_any PREFIX SUITE...: used to decide whether a build is needed
  local prefix=$1 suite
  shift
  for suite in "$@"; do [[ $prefix$suite == *"$filter"* ]] && return; done
  return 1
}

record() {  # record SUITE PASSED FAILED SKIPPED SECONDS
  passed+=$2 failed+=$3 skipped+=$4
  printf '%-32s %6d passed %4d failed%s  %d s\n' "$1" "$2" "$3" \
    "$([ "$4" = 0 ] || printf ', %d skipped' "$4")" "$5"
  if [ "$3" != 0 ]; then
    failures+=("$1")
    failing_lines "$ROOT/build/tests/${1//\//-}.log"
  fi
}

failing_lines() {  # which tests failed, and why; TAP says why on the lines after `error:`
  {
    grep -hE '^\[  FAILED  \] [A-Za-z]|: Failure$|^(FAIL|ERROR): |ERROR: AddressSanitizer|runtime error:|error TS|^.*: error: ' "$1" | sort -u
    awk '/^ *not ok / { print; why = 6 } why > 0 && /^ *error: / { said = 1 }
         /^ *code: |^ *stack: / { said = 0; why = 0 } said && why-- > 0 && NF' "$1"
  } 2>/dev/null | head -n 30 | sed 's/^/    /' || true
  printf '    (%s)\n' "${1#"$ROOT"/}"
}

count_of() { grep -cE "$1" "$2" || true; }

suite() {  # suite NAME gtest|tap|unittest|command COMMAND...
  begin_suite "$@"
  end_suites
}

# Suites that do not disturb each other run at the same time, as many as there are compilers, and
# beside a build; end_suites waits for them. They are reported in the order of their start.
declare -a begun=()
begin_suite() {  # begin_suite NAME KIND COMMAND...
  local name=$1 kind=$2 log
  shift 2
  wants "$name" || return 0
  log=$ROOT/build/tests/${name//\//-}.log
  mkdir -p "$ROOT/build/tests"
  while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n || true; done
  rm -f "$log.ended"
  (
    trap - ERR
    start=$SECONDS status=0
    "$@" >"$log" 2>&1 </dev/null || status=$?
    printf '%s %s\n' "$status" $((SECONDS - start)) >"$log.ending"
    mv "$log.ending" "$log.ended"
  ) &
  begun+=("$kind $name")
}

end_suites() {
  wait
  report_ended
}

# Reports the suites that have ended, up to the first that has not.
report_ended() {
  local kind name status seconds log good bad skips
  while [ "${#begun[@]}" != 0 ]; do
    kind=${begun[0]%% *} name=${begun[0]#* } status=1 seconds=0
    log=$ROOT/build/tests/${name//\//-}.log
    if [ ! -e "$log.ended" ] && [ -n "$(jobs -rp)" ]; then return; fi
    begun=("${begun[@]:1}")
    read -r status seconds <"$log.ended" || true
    rm -f "$log.ended"
    case $kind in
      gtest)
        good=$(count_of '^\[       OK \]' "$log")
        skips=$(count_of '^\[  SKIPPED \] .* \([0-9]+ ms\)' "$log")
        bad=$(count_of '^\[  FAILED  \] .* \([0-9]+ ms\)' "$log")
        ;;
      tap)
        good=$(sed -n 's/^# pass //p' "$log" | tail -n 1)
        bad=$(sed -n 's/^# fail //p' "$log" | tail -n 1)
        skips=$(sed -n 's/^# skipped //p' "$log" | tail -n 1)
        ;;
      unittest)
        good=$(sed -n 's/^Ran \([0-9]*\) tests\? in .*/\1/p' "$log" | tail -n 1)
        bad=$(($(sed -n 's/^FAILED.*failures=\([0-9]*\).*/\1/p' "$log" | tail -n 1) + $(sed -n 's/^FAILED.*errors=\([0-9]*\).*/\1/p' "$log" | tail -n 1) + 0))
        skips=$(sed -n 's/.*skipped=\([0-9]*\).*/\1/p' "$log" | tail -n 1)
        good=$((${good:-0} - bad - ${skips:-0}))
        ;;
      command)
        good=$((status == 0)) bad=$((status != 0)) skips=0
        ;;
    esac
    # A program that died, or ran nothing, failed, whatever it had printed.
    if [ "$status" != 0 ] && [ "${bad:-0}" = 0 ]; then bad=1; fi
    if [ "$((${good:-0} + ${bad:-0} + ${skips:-0}))" = 0 ]; then bad=1; fi
    record "$name" "${good:-0}" "${bad:-0}" "${skips:-0}" "$seconds"
  done
}

# Builds; a build that fails counts as one failed test and the suites of that build do not run.
built() {  # built SUITE PRESET TARGET...
  local name=$1 log=$ROOT/build/tests/${1//\//-}.log start=$SECONDS
  shift
  mkdir -p "$ROOT/build/tests"
  if (configure "$1" && ninja -C "build/$1" -k 0 -j "$JOBS" "${@:2}") >"$log" 2>&1 </dev/null; then
    printf '%-32s built  %d s\n' "$name" $((SECONDS - start))
    return
  fi
  record "$name" 0 1 0 $((SECONDS - start))
  return 1
}

# A suite that hangs is stopped and counts as failed; the slowest takes a few minutes on 2 quiet cores.
readonly SUITE_SECONDS=1200
limited() { timeout --kill-after=10 "$SUITE_SECONDS" "$@"; }

with_sanitizers() {
  ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    TSAN_OPTIONS=halt_on_error=1 limited "$@"
}

has_tests() { compgen -G "$ROOT/tests/$1/*.cpp" >/dev/null; }

readonly EXPORTED=$ROOT/build/tests/exported  # ONNX's cases, from native/golden to native/exported
readonly SUITES="golden unit grad property errors"  # the longest first: others run beside it

native_suites() {
  local kind kinds=() targets=()
  for kind in $SUITES ui; do has_tests "$kind" && kinds+=("$kind"); done
  if [ "$filter" != --list ]; then
    wants_any native/ "${kinds[@]}" && targets+=(all_tests)
    wants_any native/ cli photos && targets+=(convscope)
    [ ${#targets[@]} = 0 ] && return
    built native/build dev "${targets[@]}" || true
  fi
  for kind in "${kinds[@]}"; do
    begin_suite "native/$kind" gtest with_sanitizers env CONVSCOPE_EXPORTED="$EXPORTED" \
      "build/dev/${kind}_tests" ${cases:+"--gtest_filter=$cases"}
  done
  for kind in cli photos; do
    begin_suite "native/$kind" unittest with_sanitizers "$DEPS/python/bin/python" -m unittest discover \
      -s "tests/$kind" -v ${cases:+-k "$cases"}
  done
  report_ended  # the next program is built beside the last suites
}

# Reads what native/golden wrote, and so begins when that has ended; it runs beside later builds.
exported_suite() {
  if [ "$filter" != --list ] && wants_any native/ golden exported; then end_suites; fi
  begin_suite native/exported unittest limited env CONVSCOPE_EXPORTED="$EXPORTED" "$DEPS/python/bin/python" -m unittest discover \
    -s tests/cli -p 'exported_*.py' -v ${cases:+-k "$cases"}
}

tsan_suites() {
  [ "$filter" = --list ] || wants_any tsan/ threads || return 0
  [ "$filter" = --list ] || built tsan/build tsan unit_tests || return 0
  suite tsan/threads gtest with_sanitizers build/tsan/unit_tests "--gtest_filter=${cases:-*Thread*:*Pool*:*Engine*}"
}

fuzz_suite() {
  [ "$filter" = --list ] || wants_any '' fuzz || return 0
  [ "$filter" = --list ] || built fuzz/build dev fuzzers || return 0
  suite fuzz unittest limited "$DEPS/python/bin/python" -m unittest discover -s tests/fuzz -p 'test_*.py' -v ${cases:+-k "$cases"}
}

wasm_suites() {
  local engine kind kinds=()
  for kind in $SUITES; do has_tests "$kind" && kinds+=("$kind"); done
  for engine in $ENGINES; do
    if [ "$filter" != --list ]; then
      wants_any "wasm-$engine/" "${kinds[@]}" || continue
      built "wasm-$engine/build" "wasm-$engine" all_tests || true
    fi
    for kind in "${kinds[@]}"; do
      begin_suite "wasm-$engine/$kind" gtest limited node $NODE_WASM "build/wasm-$engine/${kind}_tests.cjs" \
        ${cases:+"--gtest_filter=$cases"}
    done
    report_ended  # the next engine is built beside this one's last suites
  done
  end_suites
}

node_tests() { limited node $NODE_WASM --test --test-reporter=tap ${cases:+"--test-name-pattern=$cases"} "$@"; }

run_tests() {
  filter=${1:-} cases=${2:-}
  local start=$SECONDS site_suites="structure e2e e2e-alone"
  export CONVSCOPE_ONNX_TESTS=$DEPS/onnx-tests
  if [ "$filter" != --list ]; then
    setup test
    printf 'ConvScope tests, %s\n' "$(git describe --always --dirty 2>/dev/null || echo 'no git')"
    if node --experimental-wasm-relaxed-simd -e 0 2>/dev/null; then
      NODE_WASM=--experimental-wasm-relaxed-simd
    fi
    if wants_any '' models native/unit native/golden native/cli native/photos wasm-simd/unit wasm-simd/golden structure e2e; then
      models
    fi
  fi
  begin_suite typescript command node node_modules/typescript/bin/tsc --noEmit -p web
  begin_suite web tap node_tests --import ./tests/support/typescript.mjs tests/web/*.test.ts
  begin_suite models unittest limited "$DEPS/python/bin/python" -m unittest discover -s tests/models -v
  end_suites
  native_suites
  tsan_suites
  fuzz_suite
  exported_suite
  wasm_suites
  if [ "$filter" = --list ]; then
    printf '%s\n' $site_suites
    return
  fi
  if wants_any '' $site_suites; then
    if (fonts && build_modules && quietly "page" node web/build.mjs --out build/site) 2>&1; then
      export CONVSCOPE_SITE=$ROOT/build/site
      suite structure tap node_tests tests/structure/*.test.mjs
      # Two browsers at once, but for the test that watches what one does with its time.
      suite e2e tap node_tests --test-concurrency=2 $(printf '%s\n' tests/e2e/*.test.mjs | grep -v responsiveness)
      suite e2e-alone tap node_tests tests/e2e/responsiveness.test.mjs
    else
      mkdir -p build/tests
      : >build/tests/site.log
      record site 0 1 0 0
    fi
  fi
  if [ "$((passed + failed + skipped))" = 0 ]; then
    die "No suite has \"$filter\" in its name; ./dev test --list names them."
  fi
  printf '\n%s in %d min %d s\n' "${failures[*]:+failed: ${failures[*]}
}done" $(((SECONDS - start) / 60)) $(((SECONDS - start) % 60))
  [ "$skipped" = 0 ] || printf '%d skipped (their logs in build/tests say why)\n' "$skipped"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
}
NODE_WASM=
