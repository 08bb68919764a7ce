// Writes the protobuf wire format, as wire.h reads it. Fields stand in the order in which they are
// written, so that equal messages are equal bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "onnx/wire.h"

namespace convscope::onnx {

class MessageWriter {
 public:
  void integer(uint32_t field, int64_t value);
  void number(uint32_t field, float value);
  void text(uint32_t field, std::string_view value);
  void message(uint32_t field, const MessageWriter& inner);
  // Repeated numbers, packed into one field.
  void integers(uint32_t field, std::span<const int64_t> values);
  // Begins a field whose content of that many bytes the caller writes behind this message: weights
  // need not be copied from message to message.
  void begin(uint32_t field, uint64_t content_bytes);

  Bytes bytes() const { return bytes_; }

 private:
  void varint(uint64_t value);
  void tag(uint32_t field, WireType type);
  void append(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

  std::vector<uint8_t> bytes_;
};

}  // namespace convscope::onnx
