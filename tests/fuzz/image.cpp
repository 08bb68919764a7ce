// Any bytes are a picture or an error with a sentence; what decodes can be preprocessed.
#include <cstdint>
#include <cstdlib>

#include "image/decode.h"
#include "model/catalog.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace convscope;
  // The header of an enormous picture costs seconds to decode and finds nothing new.
  const auto header = read_image_header({data, size});
  if (header && header->width * header->height > 1'000'000) return 0;
  const auto image = decode_image({data, size});
  if (!image) {
    if (image.error().english().empty() || image.error().chinese().empty()) std::abort();
    return 0;
  }
  if (image->rgb.size() != static_cast<size_t>(image->width) * static_cast<size_t>(image->height) * 3) std::abort();
  for (const CatalogEntry& entry : model_catalog()) {
    if (!preprocess(*image, entry.preprocessing)) std::abort();
  }
  return 0;
}
