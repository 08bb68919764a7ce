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

enum class InputOrder : uint8_t { kRgb, kBgr, kGray };

// The picture is resized, its centre taken, and each byte x becomes (x − mean) / deviation.
struct InputSettings {
  InputOrder order = InputOrder::kRgb;              // of the network's channels; gray has one
  std::array<float, 3> mean{}, deviation{1, 1, 1};  // of bytes, in the network's channel order
  // The whole picture to a rectangle shaped like the centre, whose shorter side is `resize`;
  // otherwise its shape is kept and it just covers that rectangle.
  bool squash = false;
  int resize = 256;
  // Of the centre: the network's input, kMinInputSide … kMaxInputSide.
  int height = 224, width = 224;
  bool bicubic = false;  // how it is resized; otherwise bilinear

  bool operator==(const InputSettings&) const = default;
  // "order=rgb mean=123.675,116.28,103.53 std=58.395,57.12,57.375 resize=shorter-side:256
  // side=224", and " filter=bicubic" where it is. An input that is no square: side=HEIGHTxWIDTH.
  std::string text() const;
};

// Reads that text; what it does not name stays as in `from`. The error says which part is wrong and
// what is wanted.
Result<InputSettings> read_input_settings(std::string_view text, const InputSettings& from = {});

}  // namespace convscope
