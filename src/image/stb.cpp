#include "image/stb.h"

#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace {

// A damaged or hostile PNG may unpack to thousands of times what its size allows: stop it where it
// asks for memory.
thread_local size_t g_max_allocation = SIZE_MAX;
thread_local bool g_refused = false;

bool refuse(size_t bytes) {
  if (bytes <= g_max_allocation) return false;
  g_refused = true;
  return true;
}
void* limited_malloc(size_t bytes) { return refuse(bytes) ? nullptr : std::malloc(bytes); }
void* limited_realloc(void* old, size_t bytes) {
  return refuse(bytes) ? nullptr : std::realloc(old, bytes);
}

}  // namespace

#define STBI_MALLOC(bytes) limited_malloc(bytes)
#define STBI_REALLOC(old, bytes) limited_realloc(old, bytes)
#define STBI_FREE(memory) std::free(memory)
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_MAX_DIMENSIONS 16384
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
// It copies zero bytes from a null pointer and shifts negative numbers, which every compiler we use
// takes as meant.
#pragma clang attribute push(__attribute__((no_sanitize("undefined"))), apply_to = function)
#include "stb_image.h"
#include "stb_image_write.h"
#pragma clang attribute pop
#pragma clang diagnostic pop

#include "image/image.h"

namespace convscope {

static_assert(STBI_MAX_DIMENSIONS == kMaxImageSide);

void StbFree::operator()(uint8_t* pixels) const { stbi_image_free(pixels); }

StbDecoded stb_decode(std::span<const uint8_t> file, int channels, size_t max_allocation) {
  StbDecoded out;
  if (file.size() > INT_MAX) return out;
  g_max_allocation = max_allocation;
  g_refused = false;
  int stored_channels = 0;
  out.pixels.reset(stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &out.width,
                                         &out.height, &stored_channels, channels));
  const char* reason = stbi_failure_reason();
  out.out_of_memory = out.pixels == nullptr && !g_refused && reason != nullptr &&
                      std::strcmp(reason, "outofmem") == 0;
  g_max_allocation = SIZE_MAX;
  return out;
}

bool stb_encode_png(int width, int height, int channels, const uint8_t* pixels,
                    void (*append)(void* context, void* data, int bytes), void* context) {
  return stbi_write_png_to_func(append, context, width, height, channels, pixels,
                                width * channels) != 0;
}

bool stb_inflate(std::span<const uint8_t> deflated, std::span<uint8_t> out) {
  if (deflated.size() > INT_MAX || out.size() > INT_MAX) return false;
  const int written = stbi_zlib_decode_noheader_buffer(
      reinterpret_cast<char*>(out.data()), static_cast<int>(out.size()),
      reinterpret_cast<const char*>(deflated.data()), static_cast<int>(deflated.size()));
  return written == static_cast<int>(out.size());
}

}  // namespace convscope
