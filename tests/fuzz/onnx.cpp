// Any bytes as an ONNX file: it is opened, or an error says why not. What was opened is a network
// with layers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "model/model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto model = convscope::load_model("fuzzed", "onnx", {data, size});
  if (model) {
    if (model->layers.empty()) std::abort();
    if (model->classes() <= 0) std::abort();
  } else {
    if (model.error().message.empty()) std::abort();
  }
  return 0;
}
