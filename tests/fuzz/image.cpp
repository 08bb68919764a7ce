// Any bytes are a picture or an error with a sentence; what decodes can be preprocessed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "image/decode.h"
#include "model/catalog.h"
#include "unit/image_test_files.h"

namespace {

using convscope::FileBytes;

// A PNG with the same chunks and right checksums: otherwise hardly any mutation would get past
// them.
FileBytes with_checksums(const uint8_t* data, size_t size) {
  FileBytes out(data, data + std::min<size_t>(size, 8));
  for (size_t at = 8; at + 12 <= size;) {
    const size_t length = size_t{data[at]} << 24 | size_t{data[at + 1]} << 16 |
                          size_t{data[at + 2]} << 8 | data[at + 3];
    if (length > size - at - 12) break;
    const std::string_view name(reinterpret_cast<const char*>(data) + at + 4, 4);
    convscope::append_chunk(out, name, FileBytes(data + at + 8, data + at + 8 + length));
    at += length + 12;
  }
  return out;
}

void decode(std::span<const uint8_t> file) {
  using namespace convscope;
  // An enormous picture costs seconds and finds nothing new.
  const auto header = read_image_header(file);
  if (header && header->width * header->height > 200'000) return;
  const auto image = decode_image(file);
  if (!image) {
    if (image.error().english().empty() || image.error().chinese().empty()) std::abort();
    return;
  }
  if (image->rgb.size() !=
      static_cast<size_t>(image->width) * static_cast<size_t>(image->height) * 3)
    std::abort();
  for (const CatalogEntry& entry : model_catalog()) {
    if (file.size() % 16 == 0 && !preprocess(*image, entry.preprocessing)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  decode({data, size});
  if (size > 8 && data[0] == 0x89) decode(with_checksums(data, size));
  return 0;
}
