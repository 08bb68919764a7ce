#include "model/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <utility>

#include "base/check.h"

namespace convscope {
namespace {

std::string_view order_text(ChannelOrder order) {
  return order == ChannelOrder::kRgb ? "RGB" : "BGR";
}

std::string numbers_text(const std::array<float, 3>& values) {
  if (values[0] == values[1] && values[1] == values[2]) return std::format("{:g}", values[0]);
  return std::format("{:g}/{:g}/{:g}", values[0], values[1], values[2]);
}

std::string scaling_text(const Preprocessing& p) {
  std::string text = std::format("(x − {})", numbers_text(p.mean));
  const std::array<float, 3> ones{1.0f, 1.0f, 1.0f};
  if (p.standard_deviation != ones) text += " / " + numbers_text(p.standard_deviation);
  return text;
}

// Half to even, as Python's round(): torchvision's and our models' crop offsets depend on it.
int half_to_even(int numerator) {
  const int half = numerator / 2;
  return numerator % 2 != 0 && half % 2 != 0 ? half + 1 : half;
}

// The centre of the resized picture; what lies outside is never made, so that a very long picture
// costs no more.
Image resized_centre(const Image& image, const Preprocessing& p) {
  int width = p.resize_size, height = p.resize_size;
  if (p.resize_mode == ResizeMode::kShorterSide) {
    const auto longer = [&](int longer_side, int shorter_side) {
      return static_cast<int>(int64_t{p.resize_size} * longer_side / shorter_side);
    };
    if (image.width > image.height) width = longer(image.width, image.height);
    if (image.height > image.width) height = longer(image.height, image.width);
  }
  return resize_part(image, width, height, p.filter,
                     {half_to_even(width - p.crop), half_to_even(height - p.crop), p.crop, p.crop});
}

}  // namespace

Preprocessing preprocessing_of(const InputSettings& settings) {
  return {.order = settings.bgr ? ChannelOrder::kBgr : ChannelOrder::kRgb,
          .mean = settings.mean,
          .standard_deviation = settings.deviation,
          .resize_mode = settings.squash ? ResizeMode::kSquash : ResizeMode::kShorterSide,
          .filter = settings.bicubic ? ResizeFilter::kBicubic : ResizeFilter::kBilinear,
          .resize_size = settings.resize,
          .crop = settings.side};
}

InputSettings settings_of(const Preprocessing& p) {
  return {.bgr = p.order == ChannelOrder::kBgr,
          .mean = p.mean,
          .deviation = p.standard_deviation,
          .squash = p.resize_mode == ResizeMode::kSquash,
          .resize = p.resize_size,
          .side = p.crop,
          .bicubic = p.filter == ResizeFilter::kBicubic};
}

std::string Preprocessing::english() const {
  const std::string size = resize_mode == ResizeMode::kSquash
                               ? std::format(" is squashed to {0} × {0}", resize_size)
                               : std::format("’s shorter side is resized to {}", resize_size);
  return std::format(
      "The picture{}, its middle {} × {} px taken, and every byte x becomes {}, channels in "
      "the order {}.",
      size, crop, crop, scaling_text(*this), order_text(order));
}

std::string Preprocessing::chinese() const {
  const std::string size = resize_mode == ResizeMode::kSquash
                               ? std::format("压成 {0} × {0}", resize_size)
                               : std::format("短边缩放到 {}", resize_size);
  return std::format("图片先{}，取中央 {} × {} 像素，再把每个字节 x 变为 {}，通道顺序为 {}。", size,
                     crop, crop, scaling_text(*this), order_text(order));
}

Result<Tensor> network_input_from_image(const Image& image, const Preprocessing& preprocessing) {
  CHECK(!image.empty());
  TRY(Tensor tensor, Tensor::uninitialised({1, image.height, image.width, 3}));
  float* out = tensor.data();
  const size_t pixels = image.rgb.size() / 3;
  for (int c = 0; c < 3; ++c) {
    const int from = preprocessing.network_channel(c);  // the mapping is its own inverse
    for (size_t i = 0; i < pixels; ++i) {
      out[i * 3 + static_cast<size_t>(c)] =
          preprocessing.value_of_byte(image.rgb[i * 3 + static_cast<size_t>(from)], c);
    }
  }
  return tensor;
}

Image image_from_network_input(const TensorView& input, const Preprocessing& preprocessing) {
  const Shape& shape = input.shape;
  CHECK(shape.rank() == 4 && shape[0] == 1 && shape[3] == 3);
  Image image(static_cast<int>(shape[2]), static_cast<int>(shape[1]));
  for (int64_t i = 0, pixels = shape.rows(); i < pixels; ++i) {
    const float* from = input.data + i * input.row_stride;
    for (int c = 0; c < 3; ++c) {
      const auto channel = static_cast<size_t>(c);
      const float byte =
          from[c] * preprocessing.standard_deviation[channel] + preprocessing.mean[channel];
      // The comparison is false for NaN, which so becomes black.
      const float clamped = byte > 0.0f ? std::min(byte, 255.0f) : 0.0f;
      image.rgb[static_cast<size_t>(i * 3 + preprocessing.network_channel(c))] =
          static_cast<uint8_t>(std::lround(clamped));
    }
  }
  return image;
}

Result<NetworkInput> preprocess(const Image& image, const Preprocessing& preprocessing,
                                bool exact) {
  if (image.empty())
    return fail(ErrorCode::kInvalidArgument, "there is no picture to look at; choose one first");
  const int side = preprocessing.crop;
  NetworkInput input;
  if (exact) {
    if (image.width != side || image.height != side) {
      return fail(ErrorCode::kInvalidArgument,
                  std::format("the picture has {} × {} pixels and the network's input {} × {}; "
                              "give a picture of exactly "
                              "that size, or let it be resized",
                              image.width, image.height, side, side));
    }
    input.seen = image;
  } else {
    input.seen = resized_centre(image, preprocessing);
  }
  TRY(input.tensor, network_input_from_image(input.seen, preprocessing));
  return input;
}

}  // namespace convscope
