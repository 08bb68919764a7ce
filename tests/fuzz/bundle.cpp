// Any bytes are a model or an error with a sentence. Fuzzing the header's text: the magic and the
// length are put before it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/bundle.h"
#include "model/model.h"
#include "unit/model_test_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace convscope;
  const bool raw = size > 0 && data[0] == 'C';
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  auto model = raw ? read_bundle({data, size}) : read_bundle(make_bundle(header, tiny_data()));
  if (!model) {
    if (model.error().message.empty()) std::abort();
    return 0;
  }
  describe_layers(*model);
  if (model->flops < 0 || model->parameter_count < 0) std::abort();
  if (model->parameter_count < 1'000'000 && !randomise(*model, 1)) std::abort();
  return 0;
}
