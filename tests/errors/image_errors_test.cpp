// One small bad file each: what the person reads.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "image/decode.h"
#include "unit/image_test_files.h"
#include "unit/image_vectors.h"

namespace convscope {
namespace {

FileBytes first_bytes(std::string_view hex, size_t count) {
  FileBytes file = bytes_of_hex(hex);
  file.resize(std::min(count, file.size()));
  return file;
}
FileBytes with_byte(std::string_view hex, size_t at, uint8_t value) {
  FileBytes file = bytes_of_hex(hex);
  file[at] = value;
  return file;
}
FileBytes png_of_size(uint32_t width, uint32_t height) {
  FileBytes png = png_start(width, height);
  append_chunk(png, "IDAT", {});
  append_chunk(png, "IEND", {});
  return png;
}

struct Case {
  const char* name;
  std::function<FileBytes()> file;
  ErrorCode code;
  const char* english;
  const char* chinese;
};

const Case kCases[] = {
    {"empty", [] { return FileBytes(); }, ErrorCode::kMalformed,
     "The file is empty (0 bytes); save it again or choose another picture.",
     "文件是空的（0 字节）；请重新保存，或选择另一张图片。"},
    {"text named .jpg", [] { return bytes_of_text("Dear reader,\nthis is no picture. 你好\n"); },
     ErrorCode::kUnsupported,
     "This is a text file, not a picture, whatever its name says; choose a JPEG or PNG picture.",
     "这是文本文件，不是图片（与文件名无关）；请选择 JPEG 或 PNG 图片。"},
    {"text that begins with BM", [] { return bytes_of_text("BM is also the start of a text"); },
     ErrorCode::kUnsupported,
     "This is a text file, not a picture, whatever its name says; choose a JPEG or PNG picture.",
     "这是文本文件，不是图片（与文件名无关）；请选择 JPEG 或 PNG 图片。"},
    {"GIF", [] { return bytes_of_hex(kGif); }, ErrorCode::kUnsupported,
     "This is a file of type GIF, which ConvScope does not read; save it as JPEG or PNG and open "
     "that.",
     "这是 GIF 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。"},
    {"animated GIF", [] { return bytes_of_hex(kGifAnimated); }, ErrorCode::kUnsupported,
     "This is an animated GIF, and ConvScope reads single pictures; save the frame you want as PNG "
     "and open that.",
     "这是动态 GIF，而 ConvScope 只读取单张图片；请把需要的那一帧另存为 PNG 后再打开。"},
    {"WebP", [] { return bytes_of_hex(kWebp); }, ErrorCode::kUnsupported,
     "This is a file of type WebP, which ConvScope does not read; save it as JPEG or PNG and open "
     "that.",
     "这是 WebP 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。"},
    {"HEIC", [] { return bytes_of_hex("00000018667479706865696300000000"); },
     ErrorCode::kUnsupported,
     "This is a file of type HEIC, which ConvScope does not read; save it as JPEG or PNG and open "
     "that.",
     "这是 HEIC 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。"},
    {"AVIF", [] { return bytes_of_hex("00000018667479706176696600000000"); },
     ErrorCode::kUnsupported,
     "This is a file of type AVIF, which ConvScope does not read; save it as JPEG or PNG and open "
     "that.",
     "这是 AVIF 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。"},
    {"BMP", [] { return bytes_of_hex(kBmp); }, ErrorCode::kUnsupported,
     "This is a file of type BMP, which ConvScope does not read; save it as JPEG or PNG and open "
     "that.",
     "这是 BMP 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。"},
    {"TIFF", [] { return bytes_of_hex(kTiff); }, ErrorCode::kUnsupported,
     "This is a file of type TIFF, which ConvScope does not read; save it as JPEG or PNG and open "
     "that.",
     "这是 TIFF 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。"},
    {"SVG", [] { return bytes_of_text("<?xml version='1.0'?>\n<svg xmlns='…'/>"); },
     ErrorCode::kUnsupported,
     "This is a file of type SVG, which ConvScope does not read; save it as JPEG or PNG and open "
     "that.",
     "这是 SVG 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。"},
    {"saved web page", [] { return bytes_of_text("<!DOCTYPE html><title>cat.jpg</title>"); },
     ErrorCode::kUnsupported,
     "This is a file of type HTML, which ConvScope does not read; save it as JPEG or PNG and open "
     "that.",
     "这是 HTML 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。"},
    {"PDF", [] { return bytes_of_text("%PDF-1.7\n"); }, ErrorCode::kUnsupported,
     "This is a file of type PDF, which ConvScope does not read; save it as JPEG or PNG and open "
     "that.",
     "这是 PDF 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。"},
    {"unknown bytes", [] { return bytes_of_hex("0102030405060708"); }, ErrorCode::kUnsupported,
     "This file is not a picture that ConvScope knows; choose a JPEG or PNG picture.",
     "ConvScope 不认识这种文件；请选择 JPEG 或 PNG 图片。"},
    {"truncated JPEG", [] { return first_bytes(kJpegRamp, 640); }, ErrorCode::kMalformed,
     "The JPEG picture is cut short: the file ends after 640 bytes, before the picture does; "
     "download or copy it again.",
     "JPEG 图片不完整：文件在第 640 字节处就结束了；请重新下载或复制。"},
    {"JPEG of two bytes", [] { return first_bytes(kJpegRamp, 2); }, ErrorCode::kMalformed,
     "The JPEG picture is cut short: the file ends after 2 bytes, before the picture does; "
     "download or copy it again.",
     "JPEG 图片不完整：文件在第 2 字节处就结束了；请重新下载或复制。"},
    {"truncated PNG", [] { return first_bytes(kPngRgb, 60); }, ErrorCode::kMalformed,
     "The PNG picture is cut short: the file ends after 60 bytes, before the picture does; "
     "download or copy it again.",
     "PNG 图片不完整：文件在第 60 字节处就结束了；请重新下载或复制。"},
    {"PNG with a wrong checksum", [] { return with_byte(kPngRgb, 50, 0x55); },
     ErrorCode::kMalformed,
     "The PNG file is damaged and cannot be decoded; download or save it again.",
     "PNG 文件已损坏，无法解码；请重新下载或保存。"},
    {"PNG without data", [] { return png_of_size(4, 4); }, ErrorCode::kMalformed,
     "The PNG file is damaged and cannot be decoded; download or save it again.",
     "PNG 文件已损坏，无法解码；请重新下载或保存。"},
    {"PNG of no width", [] { return png_of_size(0, 4); }, ErrorCode::kMalformed,
     "The PNG file is damaged and cannot be decoded; download or save it again.",
     "PNG 文件已损坏，无法解码；请重新下载或保存。"},
    {"20,000 × 20,000 PNG", [] { return png_start(20'000, 20'000); }, ErrorCode::kTooLarge,
     "The picture has 20000 × 20000 pixels, and ConvScope reads at most 50 megapixels and 16384 "
     "pixels a side; make it "
     "smaller and open it again.",
     "图片有 20000 × 20000 像素，超出上限（50 百万像素、每边 16384 像素）；请缩小后再打开。"},
    {"PNG of four thousand million pixels a side", [] { return png_start(0xffffffff, 0xffffffff); },
     ErrorCode::kTooLarge,
     "The picture has 4294967295 × 4294967295 pixels, and ConvScope reads at most 50 megapixels "
     "and 16384 pixels a side; "
     "make it smaller and open it again.",
     "图片有 4294967295 × 4294967295 像素，超出上限（50 百万像素、每边 16384 "
     "像素）；请缩小后再打开。"},
    {"JPEG with arithmetic coding", [] { return bytes_of_hex("ffd8ffc9000b08001000180101110000"); },
     ErrorCode::kUnsupported,
     "This picture is a JPEG with arithmetic coding, a rare kind that ConvScope does not read; "
     "save it as an ordinary JPEG "
     "or PNG.",
     "这张图片采用少见的编码（JPEG with arithmetic coding），ConvScope 无法读取；请另存为普通的 "
     "JPEG 或 PNG。"},
    {"JPEG without a picture", [] { return bytes_of_hex("ffd8ffd9"); }, ErrorCode::kMalformed,
     "The JPEG file is damaged and cannot be decoded; download or save it again.",
     "JPEG 文件已损坏，无法解码；请重新下载或保存。"},
};

TEST(ImageErrors, EachBadFileHasItsSentence) {
  for (const Case& c : kCases) {
    const auto image = decode_image(c.file());
    ASSERT_FALSE(image) << c.name;
    EXPECT_EQ(image.error().code(), c.code) << c.name;
    EXPECT_EQ(image.error().english(), c.english) << c.name;
    EXPECT_EQ(image.error().chinese(), c.chinese) << c.name;
  }
}

// Whatever the length at which a file is cut, it is refused, never shown half.
TEST(ImageErrors, EveryTruncationIsNoticed) {
  for (std::string_view hex : {kJpegRamp, kJpegProgressive, kPngRgb, kPngPalette}) {
    const FileBytes whole = bytes_of_hex(hex);
    for (size_t length = 0; length < whole.size(); ++length) {
      const auto image = decode_image({whole.data(), length});
      ASSERT_FALSE(image) << length;
      EXPECT_TRUE(length == 0 || image.error().problem == ImageProblem::kTruncated ||
                  image.error().problem == ImageProblem::kUnknown)
          << length << " " << image.error().english();
    }
  }
}

// A small file that unpacks to far more than its size allows must not take the memory.
TEST(ImageErrors, PngThatUnpacksToTooMuch) {
  FileBytes zlib = {0x78, 0x01};
  // Stored blocks of 65,535 zeros: 64 of them are 4 MB for a picture of 2 × 2.
  for (int i = 0; i < 64; ++i) {
    zlib.insert(zlib.end(), {static_cast<uint8_t>(i == 63), 0xff, 0xff, 0x00, 0x00});
    zlib.insert(zlib.end(), 65'535, 0);
  }
  FileBytes png = png_start(2, 2);
  append_chunk(png, "IDAT", zlib);
  append_chunk(png, "IEND", {});
  const auto image = decode_image(png);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().problem, ImageProblem::kDamaged);
}

}  // namespace
}  // namespace convscope
