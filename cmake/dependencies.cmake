# Third-party code, already fetched, checked and compiled by `./dev setup`, which links what this
# checkout uses into build/deps (the names say what; the links say which exact build).
set(DEPS ${CMAKE_SOURCE_DIR}/build/deps)

function(need path)
  if(NOT EXISTS ${path})
    message(FATAL_ERROR "${path} is missing. Run ./dev setup.")
  endif()
endfunction()
need(${DEPS}/imgui)
need(${DEPS}/stb)

if(NOT CONVSCOPE_WASM)
  set(xnnpack_kind native)
  set(pthreadpool_kind native)
  set(gtest_kind native)
  if(CONVSCOPE_SANITIZE MATCHES "address")
    set(gtest_kind asan)
  elseif(CONVSCOPE_SANITIZE MATCHES "thread")
    set(pthreadpool_kind tsan)
  endif()
else()
  set(xnnpack_kind ${CONVSCOPE_WASM})
  set(gtest_kind wasm)
  set(pthreadpool_kind shim)
  if(CONVSCOPE_THREADS)
    set(pthreadpool_kind threads)
  endif()
endif()

function(third_party target folder archive)  # an archive with headers, or headers alone
  need(${folder}/include)
  if(archive)
    add_library(${target} STATIC IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${folder}/lib/${archive})
  else()
    add_library(${target} INTERFACE IMPORTED GLOBAL)
  endif()
  target_include_directories(${target} SYSTEM INTERFACE ${folder}/include)
endfunction()

if(NOT CONVSCOPE_WASM STREQUAL "page")
  third_party(pthreadpool ${DEPS}/pthreadpool-${pthreadpool_kind} libpthreadpool.a)
  third_party(xnnpack ${DEPS}/xnnpack-${xnnpack_kind} libXNNPACK.a)
  target_link_libraries(xnnpack INTERFACE pthreadpool)
  if(NOT CONVSCOPE_WASM)
    target_link_libraries(xnnpack INTERFACE cpuinfo m)
  endif()
endif()

if(EXISTS ${DEPS}/googletest-${gtest_kind})  # a site is built without tests
  third_party(gtest ${DEPS}/googletest-${gtest_kind} libgtest.a)
  target_compile_definitions(gtest INTERFACE GTEST_HAS_RTTI=0 GTEST_HAS_EXCEPTIONS=0)
  if(CONVSCOPE_WASM)
    target_compile_definitions(gtest INTERFACE GTEST_HAS_PTHREAD=0)
  endif()
endif()

# stb: single headers, implemented by one of our own files (src/image).
add_library(stb INTERFACE IMPORTED GLOBAL)
target_include_directories(stb SYSTEM INTERFACE ${DEPS}/stb)

# Dear ImGui takes our configuration, so it is compiled with the project.
set(IMGUI ${DEPS}/imgui)
add_library(imgui STATIC EXCLUDE_FROM_ALL
  ${IMGUI}/imgui.cpp ${IMGUI}/imgui_draw.cpp ${IMGUI}/imgui_tables.cpp ${IMGUI}/imgui_widgets.cpp
  ${IMGUI}/imgui_stacklayout.cpp  # imgui-bundle's own; its imgui.cpp calls it
)
target_include_directories(imgui SYSTEM PUBLIC ${IMGUI})
target_compile_definitions(imgui PUBLIC
  IMGUI_ENABLE_TEST_ENGINE IMGUI_DISABLE_DEMO_WINDOWS IMGUI_DISABLE_DEBUG_TOOLS
  IMGUI_DISABLE_FILE_FUNCTIONS IMGUI_DISABLE_DEFAULT_SHELL_FUNCTIONS
  IMGUI_DISABLE_OBSOLETE_FUNCTIONS)
target_compile_options(imgui PRIVATE -w)
target_link_libraries(imgui PUBLIC flags)
if(EXISTS ${CMAKE_SOURCE_DIR}/src/ui/imgui_config.h)
  target_compile_definitions(imgui PUBLIC IMGUI_USER_CONFIG="ui/imgui_config.h")
endif()
