// Textures: hands pictures and planes of numbers to the renderer. Nothing of it knows OpenGL.
//
// Immediate mode: ask for the texture of a blob in every frame that draws it. It is uploaded once;
// blobs that are no longer drawn are dropped. Copies of the blobs are kept, so that a lost context
// can be filled again.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "imgui.h"
#include "protocol/types.h"
#include "ui/view_state.h"

namespace convscope {

enum class PixelFormat : uint8_t { kRgba8, kValue8, kValueF32 };

// A texture id: bit 63 marks a texture of numbers, drawn through a colour map. The low 32 bits
// index TextureBank.
inline constexpr ImTextureID kValueTextureBit = ImTextureID{1} << 63;
inline constexpr ImTextureID kBankTextureBit = ImTextureID{1}
                                               << 62;  // else: the renderer's own (the font atlas)

// Equal planes, side by side in one texture.
struct Stack {
  ImTextureID id = 0;
  int planes = 0, width = 0, height = 0;  // of one plane
  int columns = 1, rows = 1;
  explicit operator bool() const { return id != 0; }
  ImVec2 uv0(int plane) const;
  ImVec2 uv1(int plane) const;
};

// How a plane of numbers becomes colours: `low` … `high` over the whole map. For kSigned give -m
// and +m.
struct Colouring {
  Colours colours = Colours::kViridis;
  float low = 0, high = 1;
  bool smooth = false;  // bilinear between the cells instead of squares
  bool operator==(const Colouring&) const = default;
};

class TextureBank {
 public:
  Stack of(const Picture& picture);  // RGBA, drawn smoothly
  Stack of(const Map& map);          // one plane of float32
  // `planes` planes of height × width, one after another.
  Stack planes(const Blob& values, PixelFormat format, int planes, int height, int width);

  // The vertex colour that makes the value shader use this colouring in this frame, with this
  // opacity.
  ImU32 colour_of(const Colouring& colouring, float opacity = 1);

  // --- for the renderer
  struct Entry {
    PixelFormat format = PixelFormat::kRgba8;
    int planes = 1, width = 0, height = 0, columns = 1, rows = 1;
    Blob blob;
    bool uploaded = false, dropped = false;
    uint32_t last_frame = 0;
  };
  void begin_frame();
  // Entries by index; `dropped` ones must be destroyed and then forgotten.
  std::vector<Entry>& entries() { return entries_; }
  void forget(size_t index);
  const std::vector<Colouring>& colourings() const { return colourings_; }
  void context_lost();  // everything must be uploaded again

 private:
  Stack find_or_add(const Blob& blob, PixelFormat format, int planes, int height, int width);
  std::vector<Entry> entries_ = std::vector<Entry>(1);  // 0 is no texture
  std::vector<uint32_t> free_;
  std::unordered_map<const void*, uint32_t> by_data_;
  std::vector<Colouring> colourings_;
  uint32_t frame_ = 0;
};

// The colour of t in 0 … 1; the shader reads the same table.
ImU32 colour_at(Colours colours, float t);

}  // namespace convscope
