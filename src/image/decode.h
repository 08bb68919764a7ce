// Decoding of picture files: JPEG and PNG by stb_image; everything else is refused by name.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "image/image.h"

namespace convscope {

enum class ImageProblem : uint8_t {
  kEmpty,        // no bytes at all
  kText,         // a text file under a picture's name
  kOtherFormat,  // a picture or document of a format that ConvScope does not read; `format` names
                 // it
  kAnimation,    // an animated GIF
  kUnknown,      // none of the known first bytes
  kTruncated,    // the file ends before its picture does
  kDamaged,      // the bytes contradict the format
  kUncommonEncoding,  // a rare kind of JPEG (arithmetic, lossless, 12 bits …); `format` names it
  kTooLarge,          // width × height exceeds the limits; read from the header alone
  kOutOfMemory,
};

struct ImageError {
  ImageProblem problem = ImageProblem::kUnknown;
  std::string format = {};        // "WebP", "GIF" …; may be empty
  int64_t width = 0, height = 0;  // where the header gave them
  int64_t bytes = 0;              // of the file

  ErrorCode code() const;
  // One sentence: what happened, and what to do next.
  std::string english() const;
  std::string chinese() const;
  Error to_error() const { return {code(), english()}; }
};

// What a file's header says.
struct ImageHeader {
  enum class Format : uint8_t { kJpeg, kPng };
  Format format = Format::kJpeg;
  int64_t width = 0, height = 0;  // as stored, before orientation
  int orientation = 1;            // EXIF's, 1…8
  bool has_alpha = false;         // an alpha channel, or PNG's transparent colour
};

// Reads and checks the structure of the file (JPEG's segments up to its end marker, PNG's chunks
// and their checksums) without decoding it. Any bytes are allowed.
std::expected<ImageHeader, ImageError> read_image_header(std::span<const uint8_t> file);

// Decodes the file: transparent pixels are laid over white, 16 bits become 8, CMYK becomes RGB,
// EXIF's orientation is applied. Colour profiles are not. Any bytes are allowed.
std::expected<Image, ImageError> decode_image(std::span<const uint8_t> file);

}  // namespace convscope
