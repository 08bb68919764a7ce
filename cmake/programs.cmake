# The programs: `convscope` natively; the engine and the page as WebAssembly modules.

# Memory grows in the threaded builds too: a large picture needs hundreds of MB, most do not.
set(wasm_memory -sALLOW_MEMORY_GROWTH=1 -sMEMORY_GROWTH_GEOMETRIC_STEP=0.05
  -sINITIAL_MEMORY=64MB -sMAXIMUM_MEMORY=1GB -sSTACK_SIZE=512KB -Wno-pthreads-mem-growth)
if(CONVSCOPE_WASM STREQUAL "relaxed")
  # wasm-opt 120 aborts while it precomputes some relaxed dot products of constants.
  list(APPEND wasm_memory
    "-sBINARYEN_EXTRA_PASSES=--skip-pass=precompute,--skip-pass=precompute-propagate")
endif()
set(module_api instantiateWasm wasmBinary wasmMemory locateFile mainScriptUrlOrBlob
  onAbort print printErr canvas noInitialRun)
list(JOIN module_api "," module_api)

# An ES module whose default export is the factory: <output>.js beside <output>.wasm. What it
# exports is marked EMSCRIPTEN_KEEPALIVE in <folder>.
function(convscope_module folder output)  # convscope_module(<folder> <output> <library or option>...)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${output} EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${output} PRIVATE flags our_warnings)
  target_link_options(${output} PRIVATE ${wasm_memory} --no-entry
    -sMODULARIZE=1 -sEXPORT_ES6=1 -sFILESYSTEM=0 -sASSERTIONS=0 -sMALLOC=emmalloc
    -sSUPPORT_LONGJMP=0 -sTEXTDECODER=1 -sSTRICT=1 -sALLOW_UNIMPLEMENTED_SYSCALLS=0
    -sEXPORTED_RUNTIME_METHODS=HEAPU8,UTF8ToString -sINCOMING_MODULE_JS_API=${module_api})
  set_target_properties(${output} PROPERTIES SUFFIX .js)
endfunction()

if(NOT CONVSCOPE_WASM)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/cli/*.cpp)
  if(sources)
    add_executable(convscope EXCLUDE_FROM_ALL ${sources})
    target_link_libraries(convscope PRIVATE our_warnings engine)
  endif()
  add_executable(ops_bench EXCLUDE_FROM_ALL tests/bench/ops_bench.cpp)
  target_link_libraries(ops_bench PRIVATE our_warnings ops)
  add_executable(winograd_bench EXCLUDE_FROM_ALL tests/bench/winograd_bench.cpp)
  target_link_libraries(winograd_bench PRIVATE our_warnings kernels)
  target_include_directories(winograd_bench PRIVATE tests)
elseif(CONVSCOPE_WASM STREQUAL "page")
  convscope_module(src/page page)
  if(TARGET page)
    target_link_libraries(page PRIVATE ui protocol)
    target_link_options(page PRIVATE -sENVIRONMENT=web -sMAX_WEBGL_VERSION=2 -sMIN_WEBGL_VERSION=2 -lGL -lhtml5.js
      -sINITIAL_MEMORY=16MB)
    convscope_shaders(page)
  endif()
else()
  set(engine engine-${CONVSCOPE_WASM})
  if(CONVSCOPE_THREADS)
    string(APPEND engine -threads)
  endif()
  convscope_module(src/worker ${engine})
  convscope_module(tests/bench/engine engine_bench)  # the same libraries, called without messages
  target_include_directories(engine_bench PRIVATE tests)
  foreach(module ${engine} engine_bench)
    if(TARGET ${module})
      target_link_libraries(${module} PRIVATE engine)
      # VGG-19's weights are 575 MB, an untrained copy is as large again, and each has packings. A
      # page gets what the browser has: a smaller maximum where a shared memory of 4 GB cannot be
      # reserved (web/src/engine_worker.ts), and an error of ours where growing fails.
      target_link_options(${module} PRIVATE -sMAXIMUM_MEMORY=4GB)
      # Without "web" Emscripten imports node's modules at the top, which no browser can load.
      target_link_options(${module} PRIVATE -sENVIRONMENT=web,worker,node)
      if(CONVSCOPE_THREADS)
        # Workers cannot start while the engine blocks, so they must exist before it does. The
        # program that loads the module says how many: its threads less one.
        target_link_options(${module} PRIVATE "-sPTHREAD_POOL_SIZE=Module['pthread_pool_size']|0")
      endif()
    endif()
  endforeach()
  add_custom_target(engine_module DEPENDS ${engine})
  add_executable(winograd_bench EXCLUDE_FROM_ALL tests/bench/winograd_bench.cpp)  # for node
  target_link_libraries(winograd_bench PRIVATE our_warnings kernels)
  target_include_directories(winograd_bench PRIVATE tests)
  target_link_options(winograd_bench PRIVATE -sENVIRONMENT=node,worker -sEXIT_RUNTIME=1 -sINITIAL_MEMORY=512MB)
  set_target_properties(winograd_bench PROPERTIES SUFFIX .cjs)
  if(CONVSCOPE_THREADS)
    target_link_options(winograd_bench PRIVATE -sPTHREAD_POOL_SIZE=4)
  endif()
endif()
