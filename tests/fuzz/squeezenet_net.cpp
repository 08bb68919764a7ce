// Any bytes are a SqueezeNet file or an error with a sentence.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "model/squeezenet.h"
#include "unit/model_test_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace convscope;
  // As it stands, and laid over the beginning of a good file, which otherwise nothing would get
  // past.
  static const std::vector<uint8_t> good = make_net({{1, 0}, {2, 15}, {0, 3}});
  std::vector<uint8_t> patched = good;
  std::memcpy(patched.data(), data, std::min(size, patched.size()));
  for (const std::span<const uint8_t> file :
       {std::span<const uint8_t>(data, size), std::span<const uint8_t>(patched)}) {
    const auto model = read_squeezenet(file);
    if (!model && model.error().message.empty()) std::abort();
  }
  return 0;
}
