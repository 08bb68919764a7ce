// main() of every C++ test program.
#include <gtest/gtest.h>

#ifdef __EMSCRIPTEN__
#include <emscripten.h>

#include <cstdlib>

// A WebAssembly program does not see node's environment by itself; the tests find their data
// through it.
EM_JS_DEPS(test_main, "$stringToUTF8,$UTF8ToString");
// clang-format off: it takes JavaScript's === for C++.
EM_JS(void, node_variable, (const char* name, char* value, int capacity), {
  stringToUTF8((typeof process === "object" && process.env[UTF8ToString(name)]) || "", value, capacity);
});
// clang-format on

static void import_environment() {
  for (const char* name : {"CONVSCOPE_SHARED", "CONVSCOPE_DOWNLOADS", "CONVSCOPE_MODELS",
                           "CONVSCOPE_EXACT_MODELS", "CONVSCOPE_ONNX_TESTS"}) {
    char value[4096] = "";
    node_variable(name, value, sizeof(value));
    if (*value != 0) setenv(name, value, 1);
  }
}
#else
static void import_environment() {}
#endif

int main(int argc, char** argv) {
  import_environment();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
