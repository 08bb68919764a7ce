// The protobuf wire format, read field by field and never beyond its bytes.
//
// protobuf.dev, "Encoding". Groups (deprecated, unused by ONNX) are refused, so that reading needs
// no recursion: how deep a file nests messages cannot exhaust the stack.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace convscope::onnx {

using Bytes = std::span<const uint8_t>;

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

// One field. `value` holds a varint or fixed number, `bytes` a length-delimited one's content or,
// for numbers, the bytes that encode it.
struct Field {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t value = 0;
  Bytes bytes;

  bool is(WireType wanted) const { return type == wanted; }
  int64_t integer() const { return static_cast<int64_t>(value); }
  float number32() const;
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

// Walks over the fields of one message.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) : bytes_(bytes) {}

  bool at_end() const { return at_ == bytes_.size(); }
  // The next field; `malformed` where it is cut short or of an unknown wire type.
  Result<Field> next();
  // A bare varint, for packed numbers.
  Result<uint64_t> varint();

 private:
  Result<Bytes> take(uint64_t count);

  Bytes bytes_;
  size_t at_ = 0;
};

// The error of a file that is not what its format promises: "the ONNX file is damaged: …".
std::unexpected<Error> damaged(std::string_view what);

}  // namespace convscope::onnx
