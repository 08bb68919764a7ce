#include "model/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <utility>

#include "base/check.h"

namespace convscope {
namespace {

std::string_view order_text(ChannelOrder order) {
  if (order == ChannelOrder::kGray) return "gray";
  return order == ChannelOrder::kRgb ? "RGB" : "BGR";
}

std::string number_text(float value) {
  return value < 0 ? std::format("−{:g}", -value) : std::format("{:g}", value);
}

// One number where all of the network's channels have the same.
std::string numbers_text(const Preprocessing& p, const std::array<float, 3>& values) {
  if (p.channels() == 1 || (values[0] == values[1] && values[1] == values[2]))
    return number_text(values[0]);
  return number_text(values[0]) + "/" + number_text(values[1]) + "/" + number_text(values[2]);
}

std::string scaling_text(const Preprocessing& p) {
  const std::string mean = numbers_text(p, p.mean),
                    deviation = numbers_text(p, p.standard_deviation);
  std::string text = "x";
  if (mean != "0") text = "(x − " + mean + ")";
  if (deviation != "1") text += " / " + deviation;
  return text;
}

// Half to even, as Python's round(): torchvision's and our models' crop offsets depend on it.
int half_to_even(int numerator) {
  const int half = numerator / 2;
  return numerator % 2 != 0 && half % 2 != 0 ? half + 1 : half;
}

// What the picture is resized to, or to cover.
struct Rectangle {
  int height, width;
};
Rectangle resized_rectangle(const Preprocessing& p) {
  const int shorter = std::min(p.crop_height, p.crop_width);
  const auto side = [&](int crop) {
    return static_cast<int>(std::lround(double{1} * p.resize_size * crop / shorter));
  };
  return {side(p.crop_height), side(p.crop_width)};
}

// The centre of the resized picture; what lies outside is never made, so that a very long picture
// costs no more.
Image resized_centre(const Image& image, const Preprocessing& p) {
  auto [height, width] = resized_rectangle(p);
  if (p.resize_mode == ResizeMode::kShorterSide) {
    const int64_t across = int64_t{image.width} * height, down = int64_t{image.height} * width;
    if (across > down) width = static_cast<int>(across / image.height);
    if (down > across) height = static_cast<int>(down / image.width);
  }
  return resize_part(image, width, height, p.filter,
                     {half_to_even(width - p.crop_width), half_to_even(height - p.crop_height),
                      p.crop_width, p.crop_height});
}

}  // namespace

// The protocol's order and this one say the same thing, one for the page and one for the core.
static_assert(static_cast<int>(InputOrder::kBgr) == static_cast<int>(ChannelOrder::kBgr) &&
              static_cast<int>(InputOrder::kGray) == static_cast<int>(ChannelOrder::kGray));

Preprocessing preprocessing_of(const InputSettings& settings) {
  return {.order = static_cast<ChannelOrder>(settings.order),
          .mean = settings.mean,
          .standard_deviation = settings.deviation,
          .resize_mode = settings.squash ? ResizeMode::kSquash : ResizeMode::kShorterSide,
          .filter = settings.bicubic ? ResizeFilter::kBicubic : ResizeFilter::kBilinear,
          .resize_size = settings.resize,
          .crop_height = settings.height,
          .crop_width = settings.width};
}

InputSettings settings_of(const Preprocessing& p) {
  return {.order = static_cast<InputOrder>(p.order),
          .mean = p.mean,
          .deviation = p.standard_deviation,
          .squash = p.resize_mode == ResizeMode::kSquash,
          .resize = p.resize_size,
          .height = p.crop_height,
          .width = p.crop_width,
          .bicubic = p.filter == ResizeFilter::kBicubic};
}

// Sizes read width × height, as those of pictures do.
std::string Preprocessing::english() const {
  const auto [height, width] = resized_rectangle(*this);
  std::string size;
  if (resize_mode == ResizeMode::kSquash) {
    size = std::format(" is squashed to {} × {}", width, height);
  } else if (square()) {
    size = std::format("’s shorter side is resized to {}", resize_size);
  } else {
    size = std::format(" is resized until it covers {} × {}", width, height);
  }
  const std::string channel_text = channels() == 1
                                       ? "of its gray copy becomes " + scaling_text(*this)
                                       : std::format("becomes {}, channels in the order {}",
                                                     scaling_text(*this), order_text(order));
  return std::format("The picture{}, its middle {} × {} px taken, and every byte x {}.", size,
                     crop_width, crop_height, channel_text);
}

std::string Preprocessing::chinese() const {
  const auto [height, width] = resized_rectangle(*this);
  std::string size;
  if (resize_mode == ResizeMode::kSquash) {
    size = std::format("压成 {} × {}", width, height);
  } else if (square()) {
    size = std::format("短边缩放到 {}", resize_size);
  } else {
    size = std::format("缩放到盖住 {} × {}", width, height);
  }
  const std::string channel_text =
      channels() == 1 ? std::format("再转成灰度，把每个字节 x 变为 {}", scaling_text(*this))
                      : std::format("再把每个字节 x 变为 {}，通道顺序为 {}", scaling_text(*this),
                                    order_text(order));
  return std::format("图片先{}，取中央 {} × {} 像素，{}。", size, crop_width, crop_height,
                     channel_text);
}

Result<Tensor> network_input_from_image(const Image& image, const Preprocessing& preprocessing) {
  CHECK(!image.empty());
  const auto channels = static_cast<size_t>(preprocessing.channels());
  TRY(Tensor tensor,
      Tensor::uninitialised({1, image.height, image.width, preprocessing.channels()}));
  float* out = tensor.data();
  const size_t pixels = image.rgb.size() / 3;
  for (int c = 0; c < preprocessing.channels(); ++c) {
    const int from = preprocessing.network_channel(c);  // the mapping is its own inverse
    for (size_t i = 0; i < pixels; ++i) {
      out[i * channels + static_cast<size_t>(c)] =
          preprocessing.value_of_byte(image.rgb[i * 3 + static_cast<size_t>(from)], c);
    }
  }
  return tensor;
}

Image image_from_network_input(const TensorView& input, const Preprocessing& preprocessing) {
  const Shape& shape = input.shape;
  CHECK(shape.rank() == 4 && shape[0] == 1 && shape[3] == preprocessing.channels());
  Image image(static_cast<int>(shape[2]), static_cast<int>(shape[1]));
  for (int64_t i = 0, pixels = shape.rows(); i < pixels; ++i) {
    const float* from = input.data + i * input.row_stride;
    for (int c = 0; c < 3; ++c) {
      const auto channel = static_cast<size_t>(preprocessing.network_channel(c));
      const float byte =
          from[channel] * preprocessing.standard_deviation[channel] + preprocessing.mean[channel];
      // The comparison is false for NaN, which so becomes black.
      const float clamped = byte > 0.0f ? std::min(byte, 255.0f) : 0.0f;
      image.rgb[static_cast<size_t>(i * 3 + c)] = static_cast<uint8_t>(std::lround(clamped));
    }
  }
  return image;
}

Result<NetworkInput> preprocess(const Image& image, const Preprocessing& preprocessing,
                                bool exact) {
  if (image.empty())
    return fail(ErrorCode::kInvalidArgument, "there is no picture to look at; choose one first");
  const int width = preprocessing.crop_width, height = preprocessing.crop_height;
  NetworkInput input;
  if (exact) {
    if (image.width != width || image.height != height) {
      return fail(ErrorCode::kInvalidArgument,
                  std::format("the picture has {} × {} pixels and the network's input {} × {}; "
                              "give a picture of exactly "
                              "that size, or let it be resized",
                              image.width, image.height, width, height));
    }
    input.seen = image;
  } else {
    input.seen = resized_centre(image, preprocessing);
  }
  if (preprocessing.channels() == 1) input.seen = gray_from(input.seen);
  TRY(input.tensor, network_input_from_image(input.seen, preprocessing));
  return input;
}

}  // namespace convscope
