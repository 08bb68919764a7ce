#include "image/decode.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "image/encode.h"
#include "image/exif.h"
#include "unit/image_test_files.h"
#include "unit/image_vectors.h"

namespace convscope {
namespace {

using Colour = std::array<int, 3>;

Colour colour_at(const Image& image, int x, int y) {
  const uint8_t* p = image.pixel(x, y);
  return {p[0], p[1], p[2]};
}

// The picture that make_image_vectors.py calls ramp(24, 16).
Colour ramp_colour(int x, int y) { return {x * 255 / 23, y * 255 / 15, 255 - (x + y) * 255 / 38}; }

void expect_ramp(const Image& image, int tolerance) {
  ASSERT_EQ(image.width, 24);
  ASSERT_EQ(image.height, 16);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 24; ++x) {
      for (size_t c = 0; c < 3; ++c) {
        ASSERT_NEAR(colour_at(image, x, y)[c], ramp_colour(x, y)[c], tolerance)
            << x << " " << y << " " << c;
      }
    }
  }
}

Image decoded(std::string_view hex) {
  auto image = decode_image(bytes_of_hex(hex));
  EXPECT_TRUE(image) << image.error().english();
  return image ? *std::move(image) : Image();
}

TEST(ImageDecode, PngIsExact) { expect_ramp(decoded(kPngRgb), 0); }
TEST(ImageDecode, JpegIsClose) { expect_ramp(decoded(kJpegRamp), 6); }
TEST(ImageDecode, ProgressiveJpegWithSubsampledColour) {
  expect_ramp(decoded(kJpegProgressive), 24);
}
TEST(ImageDecode, CmykJpeg) { expect_ramp(decoded(kJpegCmyk), 10); }

TEST(ImageDecode, GrayJpegHasThreeEqualChannels) {
  const Image image = decoded(kJpegGray);
  const Colour c = colour_at(image, 23, 15);
  EXPECT_EQ(c[0], c[1]);
  EXPECT_EQ(c[1], c[2]);
  EXPECT_NEAR(c[0], 255 * 0.299 + 255 * 0.587, 6);
}

TEST(ImageDecode, TransparencyIsLaidOverWhite) {
  const Image image = decoded(kPngRgba);
  EXPECT_EQ(colour_at(image, 0, 0), (Colour{255, 0, 0}));
  EXPECT_EQ(colour_at(image, 1, 0), (Colour{255, 127, 127}));
  EXPECT_EQ(colour_at(image, 2, 0), (Colour{255, 255, 255}));
  EXPECT_EQ(colour_at(image, 3, 0), (Colour{204, 204, 255}));
}

TEST(ImageDecode, SixteenBitsKeepTheirHighByte) {
  const Image image = decoded(kPngGray16);
  EXPECT_EQ(colour_at(image, 0, 0), (Colour{0, 0, 0}));
  EXPECT_EQ(colour_at(image, 1, 0), (Colour{0x12, 0x12, 0x12}));
  EXPECT_EQ(colour_at(image, 2, 0), (Colour{255, 255, 255}));
}

TEST(ImageDecode, GrayWithAlphaAndPaletteWithTransparentEntry) {
  EXPECT_EQ(colour_at(decoded(kPngGrayAlpha), 0, 0), (Colour{0, 0, 0}));
  EXPECT_EQ(colour_at(decoded(kPngGrayAlpha), 1, 0), (Colour{255, 255, 255}));
  const Image palette = decoded(kPngPalette);
  EXPECT_EQ(colour_at(palette, 0, 0), (Colour{10, 20, 30}));
  EXPECT_EQ(colour_at(palette, 1, 0), (Colour{255, 255, 255}));
  EXPECT_EQ(colour_at(palette, 2, 0), (Colour{1, 2, 3}));
}

TEST(ImageDecode, BytesAfterTheEndDoNotMatter) {
  FileBytes file = bytes_of_hex(kPngRgb);
  file.insert(file.end(), {1, 2, 3});
  EXPECT_TRUE(decode_image(file));
  file = bytes_of_hex(kJpegRamp);
  file.insert(file.end(), {0xff, 0xd8, 3});
  EXPECT_TRUE(decode_image(file));
}

// Where the upright picture's corners come from: the stored ramp's top left, top right, bottom
// left, bottom right are A, B, C, D; each row lists what stands at the same corners once the
// picture is upright.
struct OrientationCase {
  int orientation;
  std::string_view corners;
};
constexpr OrientationCase kOrientations[] = {{1, "ABCD"}, {2, "BADC"}, {3, "DCBA"}, {4, "CDAB"},
                                             {5, "ACBD"}, {6, "CADB"}, {7, "DBCA"}, {8, "BDAC"}};

Colour stored_corner(char corner) {
  const int x = corner == 'A' || corner == 'C' ? 0 : 23,
            y = corner == 'A' || corner == 'B' ? 0 : 15;
  return ramp_colour(x, y);
}

void expect_corners(const Image& image, std::string_view corners) {
  const std::array<std::array<int, 2>, 4> at = {
      {{0, 0}, {image.width - 1, 0}, {0, image.height - 1}, {image.width - 1, image.height - 1}}};
  for (size_t i = 0; i < 4; ++i) {
    const Colour got = colour_at(image, at[i][0], at[i][1]), want = stored_corner(corners[i]);
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(got[c], want[c], 6) << corners << " corner " << i;
  }
}

TEST(ImageDecode, AllEightOrientations) {
  for (const OrientationCase& c : kOrientations) {
    for (bool big_endian : {false, true}) {
      const auto image =
          decode_image(with_exif(bytes_of_hex(kJpegRamp), exif_tiff(c.orientation, big_endian)));
      ASSERT_TRUE(image);
      EXPECT_EQ(image->width, c.orientation >= 5 ? 16 : 24);
      expect_corners(*image, c.corners);
    }
  }
}

TEST(ImageDecode, OrientationOfPng) {
  const FileBytes png = bytes_of_hex(kPngRgb);
  FileBytes file(png.begin(), png.begin() + 33);  // signature and header
  append_chunk(file, "eXIf", exif_tiff(6, true));
  file.insert(file.end(), png.begin() + 33, png.end());
  const auto image = decode_image(file);
  ASSERT_TRUE(image);
  expect_corners(*image, "CADB");
}

TEST(ImageDecode, DamagedExifIsIgnored) {
  const FileBytes good = exif_tiff(6, true);
  for (size_t length = 0; length < good.size(); ++length) {
    const int orientation = exif_orientation({good.data(), length});
    EXPECT_TRUE(orientation == 1 || length >= 22) << length;
  }
  FileBytes far = good;
  far[4] = 0xff;  // the directory lies far outside
  EXPECT_EQ(exif_orientation(far), 1);
  FileBytes wrong = good;
  wrong[19] = 9;
  EXPECT_EQ(exif_orientation(wrong), 1);
}

TEST(ImageEncode, PngComesBack) {
  const Image image = decoded(kPngRgb);
  const auto file = encode_png(image);
  ASSERT_TRUE(file);
  const auto again = decode_image(*file);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, image);
  const auto rgba = encode_png_rgba(image.width, image.height, rgba_from_image(image));
  ASSERT_TRUE(rgba);
  EXPECT_EQ(*decode_image(*rgba), image);
  EXPECT_FALSE(encode_png(Image()));
  EXPECT_FALSE(encode_png_rgba(2, 2, std::array<uint8_t, 3>{}));
}

TEST(ImageEncode, NpyHeader) {
  const std::array<float, 6> values = {0, 1, 2, 3, 4, 5};
  const auto file = encode_npy({1, 2, 3}, values);
  ASSERT_EQ(file.size(), 64u + 64u + 24u - (64u + 64u + 24u) % 8);
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  EXPECT_EQ(text.substr(1, 5), "NUMPY");
  EXPECT_EQ((10 + file[8] + 256u * file[9]) % 64, 0u);
  EXPECT_NE(text.find("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3,), }"),
            std::string_view::npos);
  const auto scalar = encode_npy({}, std::array<float, 1>{7});
  EXPECT_NE(
      std::string_view(reinterpret_cast<const char*>(scalar.data()), 80).find("'shape': (), }"),
      std::string_view::npos);
}

TEST(Image, RgbaSizesAreChecked) {
  EXPECT_FALSE(image_from_rgba(2, 2, std::array<uint8_t, 15>{}));
  EXPECT_FALSE(image_from_rgba(-1, 2, {}));
  EXPECT_FALSE(image_from_rgba(100'000, 100'000, {}));
  EXPECT_TRUE(image_from_rgba(2, 2, std::array<uint8_t, 16>{}));
}

}  // namespace
}  // namespace convscope
