# What a build is for, and the flags of our own code. Third-party code is compiled elsewhere.
set(CONVSCOPE_WASM "" CACHE STRING "WebAssembly build: simd, relaxed, page; empty for a native one")
option(CONVSCOPE_THREADS "WebAssembly threads" OFF)
set(CONVSCOPE_SANITIZE "" CACHE STRING "-fsanitize= of a native build")
option(CONVSCOPE_FUZZ "Build the fuzz targets" OFF)
option(CONVSCOPE_PRECOMPILED "Parse the standard library's headers once" ON)

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_CXX_FLAGS_MINSIZEREL "-Oz -DNDEBUG")
set(CMAKE_EXE_LINKER_FLAGS_MINSIZEREL "-Oz")

add_library(flags INTERFACE)        # language and machine: everything in one build shares them
add_library(our_warnings INTERFACE)

target_compile_options(flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti> -fno-exceptions)
target_include_directories(flags INTERFACE ${CMAKE_SOURCE_DIR}/src)

if(CONVSCOPE_WASM)
  if(CONVSCOPE_WASM STREQUAL "simd" OR CONVSCOPE_WASM STREQUAL "relaxed")
    target_compile_options(flags INTERFACE -msimd128)
  endif()
  if(CONVSCOPE_WASM STREQUAL "relaxed")
    target_compile_options(flags INTERFACE -mrelaxed-simd)
  endif()
  if(CONVSCOPE_THREADS)
    target_compile_options(flags INTERFACE -pthread)
    target_link_options(flags INTERFACE -pthread)
  endif()
else()
  target_compile_options(flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-stdlib=libc++> -pthread -fno-omit-frame-pointer
    $<$<CONFIG:Debug>:-O1> -g1)
  target_link_options(flags INTERFACE -stdlib=libc++ -fuse-ld=lld -pthread)
  if(CONVSCOPE_SANITIZE)
    target_compile_options(flags INTERFACE
      -fsanitize=${CONVSCOPE_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(flags INTERFACE -fsanitize=${CONVSCOPE_SANITIZE})
    if(CONVSCOPE_FUZZ)
      target_compile_options(flags INTERFACE -fsanitize=fuzzer-no-link)
    endif()
  endif()
endif()

# -Wsign-conversion off: sizes are int64_t by choice and index standard containers everywhere.
# -Wpass-failed off: a loop that may be vectorised need not be one that can (pow, sanitizers).
target_compile_options(our_warnings INTERFACE
  -Wall -Wextra -Werror -Wconversion -Wno-sign-conversion -Wshadow -Wnon-virtual-dtor
  -Wimplicit-fallthrough -Wno-missing-field-initializers -Wno-missing-designated-field-initializers
  -Wno-pass-failed)

# Two thirds of a compilation is the standard library's headers. The first target of each kind parses them, the others
# reuse that. <locale> is among them for clang 19 on x86: from a precompiled libc++ it does not find va_list again.
function(convscope_precompiled target first)  # convscope_precompiled(<target> <first of its kind> <header>...)
  if(NOT CONVSCOPE_PRECOMPILED)
    return()
  endif()
  if(target STREQUAL first)
    target_precompile_headers(${target} PRIVATE <precompiled.h> ${ARGN})
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake)
  else()
    target_precompile_headers(${target} REUSE_FROM ${first})
  endif()
endfunction()
