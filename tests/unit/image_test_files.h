// Small picture files for tests: from hexadecimal, and put together chunk by chunk.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace convscope {

using FileBytes = std::vector<uint8_t>;

inline FileBytes bytes_of_text(std::string_view text) { return {text.begin(), text.end()}; }

inline FileBytes bytes_of_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  FileBytes out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<uint8_t>(digit(hex[i]) * 16 + digit(hex[i + 1])));
  return out;
}

inline void append_u32_be(FileBytes& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

// A PNG chunk with its checksum.
inline void append_chunk(FileBytes& png, std::string_view name, const FileBytes& data) {
  append_u32_be(png, static_cast<uint32_t>(data.size()));
  const size_t start = png.size();
  png.insert(png.end(), name.begin(), name.end());
  png.insert(png.end(), data.begin(), data.end());
  uint32_t crc = 0xffffffffu;
  for (size_t i = start; i < png.size(); ++i) {
    crc ^= png[i];
    for (int k = 0; k < 8; ++k) crc = crc & 1 ? 0xedb88320u ^ (crc >> 1) : crc >> 1;
  }
  append_u32_be(png, ~crc);
}

// The signature and header of an 8-bit RGB PNG of that size.
inline FileBytes png_start(uint32_t width, uint32_t height) {
  FileBytes png = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  FileBytes header;
  append_u32_be(header, width);
  append_u32_be(header, height);
  header.insert(header.end(), {8, 2, 0, 0, 0});
  append_chunk(png, "IHDR", header);
  return png;
}

// A TIFF structure that says nothing but the orientation.
inline FileBytes exif_tiff(int orientation, bool big_endian) {
  FileBytes tiff = big_endian ? FileBytes{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
                                          3,   0,   0, 0,  1, 0, 0, 0, 0, 0, 0, 0,    0}
                              : FileBytes{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3,
                                          0,   1,   0,  0, 0, 0, 0, 0, 0, 0, 0,    0, 0};
  tiff[big_endian ? 19 : 18] = static_cast<uint8_t>(orientation);
  return tiff;
}

// The JPEG with an EXIF segment after its first marker.
inline FileBytes with_exif(const FileBytes& jpeg, const FileBytes& tiff) {
  FileBytes out(jpeg.begin(), jpeg.begin() + 2);
  const size_t length = tiff.size() + 8;
  out.insert(out.end(), {0xff, 0xe1, static_cast<uint8_t>(length >> 8),
                         static_cast<uint8_t>(length & 255), 'E', 'x', 'i', 'f', 0, 0});
  out.insert(out.end(), tiff.begin(), tiff.end());
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

}  // namespace convscope
