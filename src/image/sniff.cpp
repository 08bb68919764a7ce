#include "image/sniff.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace convscope {
namespace {

using namespace std::string_view_literals;

// As much as is looked at to tell text from other bytes.
constexpr size_t kTextProbeBytes = 2048;

constexpr auto kJpegStart = "\xff\xd8\xff"sv, kPngStart = "\x89PNG\r\n\x1a\n"sv;

struct Signature {
  size_t offset;
  std::string_view bytes;
  std::string_view format;
};

constexpr Signature kOthers[] = {
    {8, "WEBP"sv, "WebP"},
    {4, "ftypavif"sv, "AVIF"},
    {4, "ftypavis"sv, "AVIF"},
    {4, "ftyphe"sv, "HEIC"},
    {4, "ftypmif1"sv, "HEIC"},
    {4, "ftypmsf1"sv, "HEIC"},
    {4, "ftyp"sv, "MP4"},
    {0, "BM"sv, "BMP"},
    {0, "II*\0"sv, "TIFF"},
    {0, "MM\0*"sv, "TIFF"},
    {0, "%PDF"sv, "PDF"},
    {0, "8BPS"sv, "Photoshop"},
    {0, "\0\0\1\0"sv, "ICO"},
    {4, "jP  "sv, "JPEG 2000"},
    {0, "\xff\x4f\xff\x51"sv, "JPEG 2000"},
    {4, "JXL "sv, "JPEG XL"},
    {0, "\xff\x0a"sv, "JPEG XL"},
    {0, "PK\3\4"sv, "ZIP"},
    {0, "\x1a\x45\xdf\xa3"sv, "WebM"},
};

bool has_at(std::string_view file, size_t offset, std::string_view bytes) {
  return file.size() >= offset && file.substr(offset).starts_with(bytes);
}

// Skips the colour table whose flags are given, then counts image blocks until two are found.
bool gif_is_animated(std::string_view file) {
  const auto byte = [&](size_t i) {
    return i < file.size() ? static_cast<uint8_t>(file[i]) : uint8_t{0x3b};
  };
  const auto table_bytes = [](uint8_t flags) {
    return flags & 0x80 ? size_t{3} << ((flags & 7) + 1) : size_t{0};
  };
  size_t at = 13 + table_bytes(byte(10));
  for (int frames = 0;;) {
    const uint8_t kind = byte(at);
    if (kind == 0x2c) {
      if (++frames == 2) return true;
      at += 10 + table_bytes(byte(at + 9)) + 1;
    } else if (kind == 0x21) {
      at += 2;
    } else {
      return false;
    }
    while (at < file.size() && byte(at) != 0) at += size_t{byte(at)} + 1;
    ++at;
  }
}

bool is_text(std::string_view probe) {
  return std::ranges::all_of(probe, [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte >= 0x20 ? byte != 0x7f
                        : byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
  });
}

// For a file that may be text: SVG and saved web pages are named, since they look like pictures to
// people.
ImageError describe_text(std::string_view probe) {
  std::string lower(probe);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower.find("<svg") != std::string::npos) return {ImageProblem::kOtherFormat, "SVG"};
  if (lower.find("<html") != std::string::npos ||
      lower.find("<!doctype html") != std::string::npos) {
    return {ImageProblem::kOtherFormat, "HTML"};
  }
  return {ImageProblem::kText, ""};
}

}  // namespace

std::expected<ImageHeader::Format, ImageError> sniff_image(std::span<const uint8_t> bytes) {
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (file.empty()) return std::unexpected(ImageError{ImageProblem::kEmpty});
  if (file.starts_with(kJpegStart)) return ImageHeader::Format::kJpeg;
  if (file.starts_with(kPngStart)) return ImageHeader::Format::kPng;
  // The start of a picture that was cut within its first bytes.
  if (kJpegStart.starts_with(file))
    return std::unexpected(ImageError{ImageProblem::kTruncated, "JPEG"});
  if (kPngStart.starts_with(file))
    return std::unexpected(ImageError{ImageProblem::kTruncated, "PNG"});
  if (file.starts_with("GIF87a"sv) || file.starts_with("GIF89a"sv)) {
    const auto problem =
        gif_is_animated(file) ? ImageProblem::kAnimation : ImageProblem::kOtherFormat;
    return std::unexpected(ImageError{problem, "GIF"});
  }
  // "BM" alone could begin a text; a bitmap has a zero among its first bytes.
  const std::string_view probe = file.substr(0, kTextProbeBytes);
  const bool text = is_text(probe);
  for (const Signature& signature : kOthers) {
    if (has_at(file, signature.offset, signature.bytes) && (!text || signature.format == "PDF")) {
      return std::unexpected(ImageError{ImageProblem::kOtherFormat, std::string(signature.format)});
    }
  }
  if (text) return std::unexpected(describe_text(probe));
  return std::unexpected(ImageError{ImageProblem::kUnknown});
}

}  // namespace convscope
