# One program for each folder tests/<name> with C++ sources: <name>_tests. All get the whole
# library, so that a test is one new .cpp file and nothing else.
enable_testing()

function(convscope_test name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_tests EXCLUDE_FROM_ALL ${sources} ${CMAKE_SOURCE_DIR}/cmake/test_main.cpp)
  target_link_libraries(${name}_tests PRIVATE our_warnings gtest ${ARGN})
  target_include_directories(${name}_tests PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  convscope_precompiled(${name}_tests unit_tests <gtest/gtest.h>)
  add_dependencies(all_tests ${name}_tests)
  if(CONVSCOPE_WASM)
    # Tests alone see the machine's files. Death tests cannot run there: they need fork(). VGG-19's
    # file and weights want more than 1 GB.
    target_link_options(${name}_tests PRIVATE ${wasm_memory} -sMAXIMUM_MEMORY=3GB -sNODERAWFS=1 -sEXIT_RUNTIME=1
      -sENVIRONMENT=node,worker -sASSERTIONS=1 -sSTACK_SIZE=1MB)
    # Binaryen's passes take most of a link. The golden suite gets them all, as the engine that ships does.
    if(NOT name STREQUAL "golden")
      target_link_options(${name}_tests PRIVATE -O1)
    endif()
    if(CONVSCOPE_THREADS)
      # A test that waits for the pool must find its workers already there.
      target_link_options(${name}_tests PRIVATE -sPTHREAD_POOL_SIZE=4)
    endif()
    set_target_properties(${name}_tests PROPERTIES SUFFIX .cjs)
  endif()
endfunction()

add_custom_target(all_tests)
if(CONVSCOPE_WASM STREQUAL "page" OR NOT TARGET gtest)
  return()
endif()
foreach(name unit grad golden property errors)
  convscope_test(${name} engine)
endforeach()
if(NOT CONVSCOPE_WASM)
  convscope_test(ui ui)
endif()

if(CONVSCOPE_FUZZ)
  add_custom_target(fuzzers)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*.cpp)
  foreach(file ${fuzzers})
    get_filename_component(name ${file} NAME_WE)
    add_executable(fuzz_${name} ${file})
    # Debian's libFuzzer itself is built against libstdc++.
    target_link_libraries(fuzz_${name} PRIVATE our_warnings engine ui -l:libstdc++.so.6)
    add_dependencies(fuzzers fuzz_${name})
    target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()
