#!/usr/bin/env bash
# cached_compiler.sh COMPILER ARGUMENT...: compiles through ccache, so that what was compiled in one checkout is found
# again in another. ccache leaves alone the paths of precompiled headers, which CMake gives whole, and takes a
# precompiled header that was made anew for another one: here they are named from the build folder, and told apart by
# the headers they hold. They themselves hold paths and times, and never come from the cache.
set -eu
arguments=("${@/#"$PWD"\//}")
if [[ " $* " != *" -emit-pch "* ]]; then
  CCACHE_PCH_EXTSUM=1 exec ccache "${arguments[@]}"
fi
"${arguments[@]}"
for ((i = 1; i < ${#arguments[@]}; ++i)); do
  case ${arguments[i]} in
    -o) output=${arguments[i + 1]} ;;
    -MF) dependencies=${arguments[i + 1]} ;;
  esac
done
sed -e 's/^[^:]*://' -e 's/\\$//' "$dependencies" | tr -s ' ' '\n' | grep -v '/cmake_pch\.hxx' | xargs cat |
  cat - <(printf '%s\n' "${CCACHE_COMPILERCHECK:-}" "${arguments[@]//"${CCACHE_BASEDIR:-$PWD}"/}") | sha256sum >"$output.sum"
