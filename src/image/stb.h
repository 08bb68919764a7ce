// stb_image and stb_image_write behind three functions; nothing else of ConvScope includes them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace convscope {

struct StbFree {
  void operator()(uint8_t* pixels) const;
};
using StbPixels = std::unique_ptr<uint8_t[], StbFree>;

struct StbDecoded {
  StbPixels pixels;  // null where it failed
  int width = 0, height = 0;
  bool out_of_memory = false;  // why it failed: the heap is full (not: the file asks for more than
                               // a picture of its size can need)
};

// Decodes a JPEG or PNG to `channels` (3 or 4) bytes a pixel. No single allocation may exceed
// `max_allocation` bytes.
StbDecoded stb_decode(std::span<const uint8_t> file, int channels, size_t max_allocation);

// Writes a PNG of `channels` bytes a pixel, handing its bytes to `append` in pieces.
bool stb_encode_png(int width, int height, int channels, const uint8_t* pixels,
                    void (*append)(void* context, void* data, int bytes), void* context);

// Unpacks a raw deflate stream that must fill `out` exactly; for readers of ZIP archives.
bool stb_inflate(std::span<const uint8_t> deflated, std::span<uint8_t> out);

}  // namespace convscope
