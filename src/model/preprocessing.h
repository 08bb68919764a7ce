// Preprocessing: from a picture to the numbers that a network was trained on, and back.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "image/image.h"
#include "image/resize.h"
#include "protocol/input_settings.h"
#include "tensor/tensor.h"

namespace convscope {

enum class ChannelOrder : uint8_t { kRgb, kBgr, kGray };
enum class ResizeMode : uint8_t {
  kSquash,       // to the resized rectangle, whatever the picture's shape
  kShorterSide,  // until it just covers that rectangle, the shape kept; for a square, the shorter
                 // side to resize_size
};

// The longer side is rounded down and the crop's offsets half to even, as torchvision does. value =
// (byte − mean) / standard_deviation, per channel. A gray network has one channel, the first of
// `mean` and `standard_deviation`.
struct Preprocessing {
  ChannelOrder order = ChannelOrder::kRgb;
  std::array<float, 3> mean{};                                // in the network's own channel order
  std::array<float, 3> standard_deviation{1.0f, 1.0f, 1.0f};  // in the network's own channel order
  ResizeMode resize_mode = ResizeMode::kShorterSide;
  ResizeFilter filter = ResizeFilter::kBilinear;
  int resize_size = 256;  // the shorter side of the resized rectangle, shaped like the crop
  // The centre that is taken: the network's input size.
  int crop_height = 224, crop_width = 224;

  int channels() const { return order == ChannelOrder::kGray ? 1 : 3; }
  bool square() const { return crop_height == crop_width; }
  // Which channel of the network's input holds red (0), green (1), blue (2); and the other way
  // round.
  int network_channel(int rgb_channel) const {
    if (order == ChannelOrder::kGray) return 0;
    return order == ChannelOrder::kRgb ? rgb_channel : 2 - rgb_channel;
  }
  // What a byte of that network channel becomes.
  float value_of_byte(float byte, int network_channel) const {
    const auto c = static_cast<size_t>(network_channel);
    return (byte - mean[c]) / standard_deviation[c];
  }
  // A step of `unit` in a picture whose colours go from 0 to 1, in the units of that network
  // channel.
  float step_from_unit(float unit, int network_channel) const {
    return unit * 255.0f / standard_deviation[static_cast<size_t>(network_channel)];
  }
  // One sentence each, for the inspector.
  std::string english() const;
  std::string chinese() const;
};

// The two forms of one thing: what files say and a person may choose, and what is computed with.
Preprocessing preprocessing_of(const InputSettings& settings);
InputSettings settings_of(const Preprocessing& preprocessing);

struct NetworkInput {
  Tensor tensor;  // (1, H, W, channels), in the network's channel order and units
  Image seen;     // the same pixels as bytes: exactly what the network saw
};

// Resize, centre crop, convert. With `exact` the image must already have the network's input size,
// and is only converted.
Result<NetworkInput> preprocess(const Image& image, const Preprocessing& preprocessing,
                                bool exact = false);

// Conversion alone, for an image of any size: (1, H, W, channels). A gray network's image must be
// gray already: its red is taken.
Result<Tensor> network_input_from_image(const Image& image, const Preprocessing& preprocessing);
// Its inverse, rounded and clamped to 0…255. The view must be (1, H, W, channels).
Image image_from_network_input(const TensorView& input, const Preprocessing& preprocessing);

}  // namespace convscope
