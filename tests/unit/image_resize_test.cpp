#include "image/resize.h"

#include <gtest/gtest.h>

#include "image/colour_map.h"
#include "unit/image_test_files.h"
#include "unit/image_vectors.h"

namespace convscope {
namespace {

// As make_image_vectors.py makes it.
Image pattern(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* p = image.pixel(x, y);
      p[0] = static_cast<uint8_t>(x * 37 + y * 11);
      p[1] = static_cast<uint8_t>(x * x + 5 * y);
      p[2] = static_cast<uint8_t>(x * y * 3 + 90);
    }
  }
  return image;
}

uint64_t fnv1a(const std::vector<uint8_t>& bytes) {
  uint64_t value = 0xcbf29ce484222325u;
  for (uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3u;
  return value;
}

TEST(ImageResize, EqualsPillowToTheBit) {
  for (const ResizeVector& v : kResizeVectors) {
    const Image out =
        resize(pattern(v.from_width, v.from_height), v.to_width, v.to_height, v.filter);
    EXPECT_EQ(fnv1a(out.rgb), v.fnv1a)
        << v.from_width << "×" << v.from_height << " to " << v.to_width << "×" << v.to_height
        << ", filter " << static_cast<int>(v.filter);
  }
  EXPECT_EQ(resize(pattern(23, 17), 9, 7, ResizeFilter::kBicubic).rgb, bytes_of_hex(kBicubicBytes));
}

TEST(ImageGray, EqualsPillowToTheBit) {
  const Image gray = gray_from(pattern(256, 256));
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < gray.rgb.size(); i += 3) {
    ASSERT_TRUE(gray.rgb[i] == gray.rgb[i + 1] && gray.rgb[i] == gray.rgb[i + 2]);
    bytes.push_back(gray.rgb[i]);
  }
  EXPECT_EQ(fnv1a(bytes), kGrayPatternHash);
}

TEST(ImageResize, SameSizeIsTheSamePicture) {
  const Image image = pattern(12, 9);
  EXPECT_EQ(resize(image, 12, 9, ResizeFilter::kBicubic), image);
}

TEST(ImageResize, PartIsTheSameAsTheWholeCropped) {
  for (ResizeFilter filter :
       {ResizeFilter::kBox, ResizeFilter::kBilinear, ResizeFilter::kBicubic}) {
    const Image image = pattern(61, 43);
    EXPECT_EQ(resize_part(image, 30, 20, filter, {7, 3, 11, 16}),
              crop(resize(image, 30, 20, filter), 7, 3, 11, 16));
    EXPECT_EQ(resize_part(image, 61, 50, filter, {7, 40, 2, 10}),
              crop(resize(image, 61, 50, filter), 7, 40, 2, 10));
    EXPECT_EQ(resize_part(image, 90, 43, filter, {80, 1, 10, 2}),
              crop(resize(image, 90, 43, filter), 80, 1, 10, 2));
  }
}

TEST(ImageResize, ShrinkToFitNeverGrows) {
  EXPECT_EQ(shrink_to_fit(pattern(30, 20), 640), pattern(30, 20));
  const Image small = shrink_to_fit(pattern(300, 2), 30);
  EXPECT_EQ(small.width, 30);
  EXPECT_EQ(small.height, 1);
}

TEST(ColourMap, TablesRunFromDarkToLight) {
  const auto sum = [](const std::array<uint8_t, 3>& c) { return c[0] + c[1] + c[2]; };
  for (ColourMap map : {ColourMap::kGray, ColourMap::kMagma, ColourMap::kViridis}) {
    EXPECT_LT(sum(colour_table(map)[0]), sum(colour_table(map)[128]));
    EXPECT_LT(sum(colour_table(map)[128]), sum(colour_table(map)[255]));
  }
  EXPECT_EQ(colour_table(ColourMap::kViridis)[0], (std::array<uint8_t, 3>{68, 1, 84}));
  EXPECT_EQ(colour_table(ColourMap::kMagma)[255], (std::array<uint8_t, 3>{252, 253, 191}));
}

TEST(ColourMap, SignedIsBlueWhiteOrange) {
  const auto& table = colour_table(ColourMap::kSigned);
  EXPECT_EQ(table[127], (std::array<uint8_t, 3>{255, 255, 255}));
  EXPECT_EQ(table[128], (std::array<uint8_t, 3>{255, 255, 255}));
  EXPECT_GT(table[0][2], table[0][0]);
  EXPECT_GT(table[255][0], table[255][2]);
}

TEST(ColourMap, ValuesAreClampedAndNanIsGray) {
  const std::array<float, 5> values = {-1, 0, 1, 5, std::numeric_limits<float>::quiet_NaN()};
  const Image image = coloured(values, 5, 1, ColourMap::kGray, 0, 1);
  const std::array<int, 5> want = {0, 0, 255, 255, 128};
  for (int x = 0; x < 5; ++x) EXPECT_EQ(image.pixel(x, 0)[0], want[static_cast<size_t>(x)]);
  const Image flat = coloured(values, 5, 1, ColourMap::kSigned, 0, 0);
  EXPECT_EQ(flat.pixel(1, 0)[0], 255);
}

TEST(ColourMap, NamesComeBack) {
  for (ColourMap map :
       {ColourMap::kGray, ColourMap::kMagma, ColourMap::kViridis, ColourMap::kSigned}) {
    EXPECT_EQ(colour_map_by_name(colour_map_name(map)), map);
  }
  EXPECT_FALSE(colour_map_by_name("jet"));
}

}  // namespace
}  // namespace convscope
