#include "ui/textures.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace convscope {
namespace {

constexpr int kMaxTextureEdge = 4096;  // every WebGL2 device has at least 2048, all of today 4096
constexpr uint32_t kFramesKept = 3;    // unseen for longer: dropped
constexpr size_t kColouringsCompared = 4;

// Every 8th colour of matplotlib's maps (van der Walt and Smith, CC0); between them at most 2/255
// off.
constexpr size_t kStops = 33;
using Stops = std::array<uint32_t, kStops>;
constexpr Stops kViridisStops = {
    0x440154, 0x470D60, 0x48186A, 0x482374, 0x472D7B, 0x453781, 0x424086, 0x3E4989, 0x3B528B,
    0x375B8D, 0x33638D, 0x2F6B8E, 0x2C728E, 0x297A8E, 0x26828E, 0x23898E, 0x21918C, 0x1F978B,
    0x1F9F88, 0x21A685, 0x27AD81, 0x31B57B, 0x3DBC74, 0x4CC26C, 0x5CC863, 0x6ECE58, 0x81D34D,
    0x95D840, 0xAADC32, 0xC0DF25, 0xD5E21A, 0xEAE51A, 0xFDE725};
constexpr Stops kMagmaStops = {0x000004, 0x030312, 0x0A0822, 0x130D34, 0x1D1147, 0x29115A, 0x36106B,
                               0x440F76, 0x51127C, 0x5D177F, 0x6A1C81, 0x762181, 0x832681, 0x902A81,
                               0x9C2E7F, 0xAA337D, 0xB73779, 0xC23B75, 0xCF4070, 0xDB476A, 0xE55064,
                               0xEE5B5E, 0xF4695C, 0xF9785D, 0xFB8761, 0xFD9668, 0xFEA571, 0xFEB47B,
                               0xFEC287, 0xFED194, 0xFDE0A1, 0xFCEEB0, 0xFCFDBF};
// Blue through white to orange; zero is white.
constexpr std::array<uint32_t, 9> kSignedStops = {0x0A3D66, 0x0B6E99, 0x4F9DC0, 0xA9CFE2, 0xF9F8F5,
                                                  0xF7CBA5, 0xEC9456, 0xC65A14, 0x7A3204};

template <size_t N>
ImU32 between(const std::array<uint32_t, N>& stops, float t) {
  const float place = std::clamp(t, 0.0f, 1.0f) * static_cast<float>(N - 1);
  const size_t i = std::min(static_cast<size_t>(place), N - 2);
  const float f = place - static_cast<float>(i);
  ImU32 out = IM_COL32_A_MASK;
  for (const int shift : {0, 8, 16}) {
    const float a = static_cast<float>((stops[i] >> shift) & 255),
                b = static_cast<float>((stops[i + 1] >> shift) & 255);
    // The tables are 0xRRGGBB, ImU32 has red in its lowest byte.
    out |= static_cast<ImU32>(a + (b - a) * f + 0.5f) << (16 - shift);
  }
  return out;
}

size_t bytes_per_value(PixelFormat format) { return format == PixelFormat::kValue8 ? 1 : 4; }

}  // namespace

ImU32 colour_at(Colours colours, float t) {
  switch (colours) {
    case Colours::kViridis:
      return between(kViridisStops, t);
    case Colours::kMagma:
      return between(kMagmaStops, t);
    case Colours::kSigned:
      return between(kSignedStops, t);
    case Colours::kGray:
      break;
  }
  const auto g = static_cast<ImU32>(std::clamp(t, 0.0f, 1.0f) * 255 + 0.5f);
  return IM_COL32(g, g, g, 255);
}

ImVec2 Stack::uv0(int plane) const {
  return ImVec2(static_cast<float>(plane % columns) / static_cast<float>(columns),
                static_cast<float>(plane / columns) / static_cast<float>(rows));
}

ImVec2 Stack::uv1(int plane) const {
  return ImVec2(static_cast<float>(plane % columns + 1) / static_cast<float>(columns),
                static_cast<float>(plane / columns + 1) / static_cast<float>(rows));
}

Stack TextureBank::of(const Picture& picture) {
  return find_or_add(picture.rgba, PixelFormat::kRgba8, 1, picture.height, picture.width);
}

Stack TextureBank::of(const Map& map) {
  return find_or_add(map.values, PixelFormat::kValueF32, 1, map.height, map.width);
}

Stack TextureBank::planes(const Blob& values, PixelFormat format, int planes, int height,
                          int width) {
  return find_or_add(values, format, planes, height, width);
}

Stack TextureBank::find_or_add(const Blob& blob, PixelFormat format, int planes, int height,
                               int width) {
  if (planes <= 0 || height <= 0 || width <= 0 || width > kMaxTextureEdge ||
      height > kMaxTextureEdge)
    return {};
  const size_t needed =
      static_cast<size_t>(planes) * static_cast<size_t>(height) * static_cast<size_t>(width);
  if (blob.size() < needed * bytes_per_value(format)) return {};
  uint32_t index = 0;
  if (const auto found = by_data_.find(blob.data()); found != by_data_.end()) {
    const Entry& e = entries_[found->second];
    if (e.format == format && e.planes == planes && e.width == width && e.height == height)
      index = found->second;
  }
  if (index == 0) {
    const double square = std::sqrt(double(planes) * height / width);
    const int columns = std::clamp(static_cast<int>(std::ceil(square)), 1,
                                   std::min(planes, kMaxTextureEdge / width));
    const int rows = (planes + columns - 1) / columns;
    if (rows * height > 2 * kMaxTextureEdge) return {};
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(entries_.size()));
      entries_.emplace_back();
    }
    index = free_.back();
    free_.pop_back();
    entries_[index] =
        Entry{format, planes, width, height, columns, rows, blob, false, false, frame_};
    by_data_[blob.data()] = index;
  }
  Entry& e = entries_[index];
  e.last_frame = frame_;
  ImTextureID id = kBankTextureBit | index;
  if (format != PixelFormat::kRgba8) id |= kValueTextureBit;
  return Stack{id, planes, width, height, e.columns, e.rows};
}

ImU32 TextureBank::colour_of(const Colouring& colouring, float opacity) {
  size_t index = colourings_.size();
  const size_t first = index > kColouringsCompared ? index - kColouringsCompared : 0;
  for (size_t i = first; i < colourings_.size(); ++i) {
    if (colourings_[i] == colouring) index = i;
  }
  if (index == colourings_.size()) colourings_.push_back(colouring);
  const auto alpha = static_cast<ImU32>(std::clamp(opacity, 0.0f, 1.0f) * 255 + 0.5f);
  return static_cast<ImU32>(index) | (alpha << IM_COL32_A_SHIFT);
}

void TextureBank::begin_frame() {
  ++frame_;
  colourings_.clear();
  for (size_t i = 1; i < entries_.size(); ++i) {
    Entry& e = entries_[i];
    if (e.dropped || e.blob.empty() || e.last_frame + kFramesKept >= frame_) continue;
    const auto found = by_data_.find(e.blob.data());
    if (found != by_data_.end() && found->second == i) by_data_.erase(found);
    e.blob = Blob();
    e.dropped = true;
  }
}

void TextureBank::forget(size_t index) {
  entries_[index] = Entry{};
  free_.push_back(static_cast<uint32_t>(index));
}

void TextureBank::context_lost() {
  for (Entry& e : entries_) e.uploaded = false;
}

}  // namespace convscope
