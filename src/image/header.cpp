// The structure of JPEG and PNG files: what stb_image does not check and people need to know (a
// file that ends too early, a wrong checksum), and what must be known before memory is taken (the
// size).
#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "image/decode.h"
#include "image/exif.h"
#include "image/sniff.h"

namespace convscope {
namespace {

// More scans than any encoder writes: each costs a pass over the whole picture, so a small file
// could take hours.
constexpr int kMaxJpegScans = 100;

using Bytes = std::span<const uint8_t>;

uint32_t u16_be(Bytes b, size_t at) { return uint32_t{b[at]} << 8 | b[at + 1]; }
uint32_t u32_be(Bytes b, size_t at) { return u16_be(b, at) << 16 | u16_be(b, at + 2); }

std::optional<ImageError> check_size(const ImageHeader& header) {
  if (header.width == 0 || header.height == 0) return ImageError{ImageProblem::kDamaged};
  if (header.width > kMaxImageSide || header.height > kMaxImageSide ||
      header.width * header.height > kMaxImagePixels) {
    return ImageError{ImageProblem::kTooLarge};
  }
  return std::nullopt;
}

// --- JPEG (ITU T.81, annex B) ------------------------------------------------------------------

enum JpegMarker : uint8_t {
  kSof0 = 0xc0,
  kSof2 = 0xc2,
  kDht = 0xc4,
  kJpg = 0xc8,
  kDac = 0xcc,
  kRst0 = 0xd0,
  kRst7 = 0xd7,
  kEoi = 0xd9,
  kSos = 0xda,
  kApp1 = 0xe1,
  kTem = 0x01
};

bool is_frame_header(uint8_t marker) {
  return marker >= kSof0 && marker <= 0xcf && marker != kDht && marker != kJpg && marker != kDac;
}
bool stands_alone(uint8_t marker) { return marker == kTem || (marker >= kRst0 && marker <= kRst7); }

class JpegReader {
 public:
  explicit JpegReader(Bytes file) : file_(file) { header_.format = ImageHeader::Format::kJpeg; }

  std::expected<ImageHeader, ImageError> read() {
    for (;;) {
      const uint8_t marker = next_marker();
      if (marker == 0) return problem(ImageProblem::kTruncated);
      if (marker == kEoi) break;
      if (stands_alone(marker)) continue;
      if (file_.size() - at_ < 2) return problem(ImageProblem::kTruncated);
      const size_t length = u16_be(file_, at_);
      if (length < 2) return problem(ImageProblem::kDamaged);
      if (length > file_.size() - at_) return problem(ImageProblem::kTruncated);
      const Bytes segment = file_.subspan(at_ + 2, length - 2);
      at_ += length;
      if (auto wrong = read_segment(marker, segment)) return std::unexpected(*wrong);
    }
    if (scans_ == 0) return problem(ImageProblem::kDamaged);
    return header_;
  }

 private:
  std::unexpected<ImageError> problem(ImageProblem what) const {
    return std::unexpected(ImageError{what, "JPEG", header_.width, header_.height});
  }

  // The next 0xFF that is followed by a marker, passing over coded data (stuffed zeros, restarts)
  // and fill bytes; 0 at the end of the file.
  uint8_t next_marker() {
    while (at_ < file_.size()) {
      const auto* found =
          static_cast<const uint8_t*>(std::memchr(file_.data() + at_, 0xff, file_.size() - at_));
      if (found == nullptr) break;
      at_ = static_cast<size_t>(found - file_.data()) + 1;
      if (at_ == file_.size()) break;
      const uint8_t marker = file_[at_];
      if (marker == 0xff) continue;
      ++at_;
      if (marker != 0 && !(scans_ > 0 && marker >= kRst0 && marker <= kRst7)) return marker;
    }
    return 0;
  }

  std::optional<ImageError> read_segment(uint8_t marker, Bytes segment) {
    if (is_frame_header(marker)) return read_frame(marker, segment);
    constexpr std::array<uint8_t, 6> kExif = {'E', 'x', 'i', 'f', 0, 0};
    if (marker == kApp1 && segment.size() > kExif.size() &&
        std::memcmp(segment.data(), kExif.data(), kExif.size()) == 0) {
      header_.orientation = exif_orientation(segment.subspan(kExif.size()));
    }
    if (marker == kSos) {
      if (header_.width == 0 || ++scans_ > kMaxJpegScans)
        return ImageError{ImageProblem::kDamaged, "JPEG"};
    }
    return std::nullopt;
  }

  std::optional<ImageError> read_frame(uint8_t marker, Bytes segment) {
    if (segment.size() < 6 || header_.width != 0) return ImageError{ImageProblem::kDamaged, "JPEG"};
    header_.height = u16_be(segment, 1);
    header_.width = u16_be(segment, 3);
    if (auto wrong = check_size(header_)) return wrong;
    const auto uncommon = [](const char* what) {
      return ImageError{ImageProblem::kUncommonEncoding, what};
    };
    if (segment[0] != 8) return uncommon("JPEG with more than 8 bits");
    if (marker >= 0xc9) return uncommon("JPEG with arithmetic coding");
    if (marker > kSof2) return uncommon("lossless or hierarchical JPEG");
    return std::nullopt;
  }

  Bytes file_;
  size_t at_ = 2;
  int scans_ = 0;
  ImageHeader header_;
};

// --- PNG (W3C PNG, section 5) ------------------------------------------------------------------

constexpr auto kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  return table;
}();

uint32_t crc32(Bytes bytes) {
  uint32_t crc = 0xffffffffu;
  for (uint8_t byte : bytes) crc = kCrcTable[(crc ^ byte) & 0xff] ^ (crc >> 8);
  return ~crc;
}

constexpr uint32_t chunk_name(const char (&name)[5]) {
  return static_cast<uint32_t>(name[0]) << 24 | static_cast<uint32_t>(name[1]) << 16 |
         static_cast<uint32_t>(name[2]) << 8 | static_cast<uint32_t>(name[3]);
}

std::expected<ImageHeader, ImageError> read_png_header(Bytes file) {
  ImageHeader header{.format = ImageHeader::Format::kPng};
  const auto problem = [&](ImageProblem what) {
    return std::unexpected(ImageError{what, "PNG", header.width, header.height});
  };
  bool has_data = false;
  for (size_t at = 8;;) {
    if (file.size() - at < 12) return problem(ImageProblem::kTruncated);
    const size_t length = u32_be(file, at);
    const uint32_t name = u32_be(file, at + 4);
    const bool first = at == 8;
    if (first != (name == chunk_name("IHDR")) || (first && length != 13))
      return problem(ImageProblem::kDamaged);
    if (length > file.size() - at - 12) return problem(ImageProblem::kTruncated);
    const Bytes data = file.subspan(at + 8, length);
    if (first) {
      header.width = u32_be(data, 0);
      header.height = u32_be(data, 4);
      header.has_alpha = data[9] == 4 || data[9] == 6;
      if (auto wrong = check_size(header)) return problem(wrong->problem);
    }
    const bool critical = (name >> 29 & 1) == 0;
    if (critical && crc32(file.subspan(at + 4, length + 4)) != u32_be(file, at + 8 + length)) {
      return problem(ImageProblem::kDamaged);
    }
    if (name == chunk_name("tRNS")) header.has_alpha = true;
    if (name == chunk_name("eXIf")) header.orientation = exif_orientation(data);
    if (name == chunk_name("IDAT")) has_data |= length > 0;
    if (name == chunk_name("IEND")) break;
    at += length + 12;
  }
  if (!has_data) return problem(ImageProblem::kDamaged);
  return header;
}

}  // namespace

std::expected<ImageHeader, ImageError> read_image_header(Bytes file) {
  const auto with_bytes = [&](ImageError error) {
    error.bytes = static_cast<int64_t>(file.size());
    return error;
  };
  const auto format = sniff_image(file);
  if (!format) return std::unexpected(with_bytes(format.error()));
  auto header =
      *format == ImageHeader::Format::kJpeg ? JpegReader(file).read() : read_png_header(file);
  return std::move(header).transform_error(with_bytes);
}

}  // namespace convscope
