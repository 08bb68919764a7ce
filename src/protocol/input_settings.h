// How a picture becomes a network's input, where the network's file does not say it: what a person
// may choose.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace convscope {

inline constexpr int kMinInputSide = 8, kMaxInputSide = 2048;

// The picture is resized, its centre square taken, and each byte x becomes (x − mean) / deviation.
struct InputSettings {
  bool bgr = false;                                 // the order of the network's channels
  std::array<float, 3> mean{}, deviation{1, 1, 1};  // of bytes, in the network's channel order
  bool squash = false;  // to resize × resize; otherwise the shorter side to `resize`
  int resize = 256;
  int side = 224;  // of the square: the network's input, kMinInputSide … kMaxInputSide
  bool bicubic = false;  // how it is resized; otherwise bilinear

  bool operator==(const InputSettings&) const = default;
  // "order=rgb mean=123.675,116.28,103.53 std=58.395,57.12,57.375 resize=shorter-side:256 side=224",
  // and " filter=bicubic" where it is.
  std::string text() const;
};

// Reads that text; what it does not name stays as in `from`. The error says which part is wrong and
// what is wanted.
Result<InputSettings> read_input_settings(std::string_view text, const InputSettings& from = {});

}  // namespace convscope
