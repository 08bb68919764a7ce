#include "model/preprocessing.h"

#include <gtest/gtest.h>

#include <array>

#include "model/catalog.h"

namespace convscope {
namespace {

Image one_colour(int width, int height, std::array<uint8_t, 3> colour) {
  Image image(width, height);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = colour[i % 3];
  return image;
}

const Preprocessing& squeezenet() { return find_catalog_entry("squeezenet-1.0")->preprocessing; }
const Preprocessing& efficientnet() {
  return find_catalog_entry("efficientnet-lite0")->preprocessing;
}

TEST(Preprocessing, BlueGreenRedMinusMean) {
  const auto input = preprocess(one_colour(300, 200, {10, 20, 30}), squeezenet());
  ASSERT_TRUE(input);
  EXPECT_EQ(input->tensor.shape(), (Shape{1, 227, 227, 3}));
  EXPECT_EQ(input->tensor.data()[0], 30.0f - 104.0f);
  EXPECT_EQ(input->tensor.data()[1], 20.0f - 117.0f);
  EXPECT_EQ(input->tensor.data()[2], 10.0f - 123.0f);
  EXPECT_EQ(input->seen, one_colour(227, 227, {10, 20, 30}));
}

TEST(Preprocessing, RedGreenBlueScaled) {
  const auto input = preprocess(one_colour(300, 200, {255, 127, 0}), efficientnet());
  ASSERT_TRUE(input);
  EXPECT_EQ(input->tensor.shape(), (Shape{1, 224, 224, 3}));
  EXPECT_EQ(input->tensor.data()[0], 1.0f);
  EXPECT_EQ(input->tensor.data()[1], 0.0f);
  EXPECT_EQ(input->tensor.data()[2], -127.0f / 128.0f);
}

TEST(Preprocessing, BytesComeBackExactly) {
  Image image(16, 17);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = static_cast<uint8_t>(i);
  for (const Preprocessing* p : {&squeezenet(), &efficientnet()}) {
    const auto tensor = network_input_from_image(image, *p);
    ASSERT_TRUE(tensor);
    EXPECT_EQ(image_from_network_input(TensorView::of(*tensor), *p), image);
  }
}

TEST(Preprocessing, ValuesOutsideTheRangeOfBytesAreClamped) {
  const auto tensor = Tensor::from(
      {1, 1, 1, 3}, std::array<float, 3>{1e9f, -1e9f, std::numeric_limits<float>::quiet_NaN()});
  ASSERT_TRUE(tensor);
  const Image image = image_from_network_input(TensorView::of(*tensor), efficientnet());
  EXPECT_EQ(image.rgb, (std::vector<uint8_t>{255, 0, 0}));
}

TEST(Preprocessing, StepsAreScaledToTheNetwork) {
  EXPECT_FLOAT_EQ(squeezenet().step_from_unit(1.0f / 255, 0), 1.0f);
  EXPECT_FLOAT_EQ(efficientnet().step_from_unit(1.0f / 255, 2), 1.0f / 128);
}

TEST(Preprocessing, ExactInputMustHaveTheSize) {
  EXPECT_TRUE(preprocess(one_colour(227, 227, {}), squeezenet(), true));
  const auto wrong = preprocess(one_colour(227, 226, {}), squeezenet(), true);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "the picture has 227 × 226 pixels and the network's input 227 × 227; give a picture of "
            "exactly that size, or let "
            "it be resized");
  EXPECT_FALSE(preprocess(Image(), squeezenet()));
}

TEST(Preprocessing, ExtremeShapes) {
  for (const auto& [width, height] : {std::pair{1, 1}, {16'384, 1}, {1, 3000}, {226, 5000}}) {
    for (const Preprocessing* p : {&squeezenet(), &efficientnet()}) {
      const auto input = preprocess(one_colour(width, height, {1, 2, 3}), *p);
      ASSERT_TRUE(input) << width << "×" << height;
      EXPECT_EQ(input->seen, one_colour(p->crop_width, p->crop_height, {1, 2, 3}));
    }
  }
}

// 28 × 28 digits, white on black or black on white.
TEST(Preprocessing, GrayIsLumaInOneChannel) {
  Preprocessing digits{.order = ChannelOrder::kGray,
                       .mean = {255, 9, 9},
                       .standard_deviation = {-255, 9, 9},
                       .resize_size = 28,
                       .crop_height = 28,
                       .crop_width = 28};
  const auto input = preprocess(one_colour(40, 30, {200, 100, 50}), digits);
  ASSERT_TRUE(input);
  EXPECT_EQ(input->tensor.shape(), (Shape{1, 28, 28, 1}));
  const uint8_t luma = 124;  // 0.299·200 + 0.587·100 + 0.114·50 = 124.2
  EXPECT_EQ(input->seen, one_colour(28, 28, {luma, luma, luma}));
  EXPECT_EQ(input->tensor.data()[0], (luma - 255.0f) / -255.0f);
  EXPECT_EQ(image_from_network_input(TensorView::of(input->tensor), digits), input->seen);
  EXPECT_EQ(digits.english(),
            "The picture’s shorter side is resized to 28, its middle 28 × 28 px taken, and every "
            "byte x of its gray copy becomes (x − 255) / −255.");
  EXPECT_EQ(
      digits.chinese(),
      "图片先短边缩放到 28，取中央 28 × 28 像素，再转成灰度，把每个字节 x 变为 (x − 255) / −255。");
}

// A wide network: the picture covers 60 × 20 before the middle 30 × 10 of it is taken.
TEST(Preprocessing, ARectangleIsCoveredOrFilled) {
  Preprocessing wide{.resize_mode = ResizeMode::kShorterSide,
                     .filter = ResizeFilter::kBox,
                     .resize_size = 20,
                     .crop_height = 10,
                     .crop_width = 30};
  // Left half red, right half blue: both modes keep the border in the middle.
  Image halves(120, 120);
  for (int y = 0; y < 120; ++y) {
    for (int x = 0; x < 120; ++x) halves.pixel(x, y)[x < 60 ? 0 : 2] = 255;
  }
  for (ResizeMode mode : {ResizeMode::kShorterSide, ResizeMode::kSquash}) {
    wide.resize_mode = mode;
    const auto input = preprocess(halves, wide);
    ASSERT_TRUE(input);
    EXPECT_EQ(input->tensor.shape(), (Shape{1, 10, 30, 3}));
    EXPECT_EQ(input->seen, crop(resize(halves, 60, 60, ResizeFilter::kBox), 15, 5, 30, 10));
  }
  // Rings: a square of 120 squashed to 60 × 20, and cut at the top and bottom when it covers.
  Image bands(120, 120);
  for (int y = 0; y < 120; ++y) {
    for (int x = 0; x < 120; ++x) bands.pixel(x, y)[0] = static_cast<uint8_t>(2 * y);
  }
  wide.resize_mode = ResizeMode::kSquash;
  EXPECT_EQ(preprocess(bands, wide)->seen,
            crop(resize(bands, 60, 20, ResizeFilter::kBox), 15, 5, 30, 10));
  wide.resize_mode = ResizeMode::kShorterSide;
  EXPECT_EQ(preprocess(bands, wide)->seen,
            crop(resize(bands, 60, 60, ResizeFilter::kBox), 15, 25, 30, 10));
  EXPECT_EQ(
      wide.english(),
      "The picture is resized until it covers 60 × 20, its middle 30 × 10 px taken, and every "
      "byte x becomes x, channels in the order RGB.");
  EXPECT_EQ(wide.chinese(),
            "图片先缩放到盖住 60 × 20，取中央 30 × 10 像素，再把每个字节 x 变为 x，通道顺序为 "
            "RGB。");
}

TEST(Preprocessing, SaysWhatItDoes) {
  EXPECT_EQ(squeezenet().english(),
            "The picture is squashed to 256 × 256, its middle 227 × 227 px taken, and every byte x "
            "becomes (x − "
            "104/117/123), channels in the order BGR.");
  EXPECT_EQ(efficientnet().chinese(),
            "图片先短边缩放到 256，取中央 224 × 224 像素，再把每个字节 x 变为 (x − 127) / "
            "128，通道顺序为 RGB。");
}

}  // namespace
}  // namespace convscope
