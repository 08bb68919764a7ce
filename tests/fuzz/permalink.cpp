// Any text as a permalink: what is read from it is written and read the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ui/view_state.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace convscope;
  const std::string link =
      permalink_from(view_state_from({reinterpret_cast<const char*>(data), size}));
  if (permalink_from(view_state_from(link)) != link) std::abort();
  return 0;
}
