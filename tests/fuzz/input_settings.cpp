// Any text as input settings: what is read is within the bounds, and reads the same again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/input_settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace convscope;
  const auto read = read_input_settings({reinterpret_cast<const char*>(data), size});
  if (!read) {
    if (read.error().message.empty()) std::abort();
    return 0;
  }
  for (int side : {read->height, read->width}) {
    if (!(side >= kMinInputSide && side <= kMaxInputSide)) std::abort();
  }
  const int shorter = std::min(read->height, read->width);
  if (!(read->resize >= shorter && read->resize <= kMaxInputSide)) std::abort();
  const auto again = read_input_settings(read->text());
  if (!again) std::abort();
  if (!(again->text() == read->text())) std::abort();
  return 0;
}
