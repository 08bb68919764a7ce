#include "onnx/writer.h"

#include <bit>

namespace convscope::onnx {

void MessageWriter::varint(uint64_t value) {
  for (; value >= 128; value >>= 7) bytes_.push_back(static_cast<uint8_t>(value | 128));
  bytes_.push_back(static_cast<uint8_t>(value));
}

void MessageWriter::tag(uint32_t field, WireType type) {
  varint(uint64_t{field} << 3 | static_cast<uint64_t>(type));
}

void MessageWriter::integer(uint32_t field, int64_t value) {
  tag(field, WireType::kVarint);
  varint(static_cast<uint64_t>(value));
}

void MessageWriter::number(uint32_t field, float value) {
  tag(field, WireType::kFixed32);
  const auto bits = std::bit_cast<uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) bytes_.push_back(static_cast<uint8_t>(bits >> shift));
}

void MessageWriter::begin(uint32_t field, uint64_t content_bytes) {
  tag(field, WireType::kLength);
  varint(content_bytes);
}

void MessageWriter::text(uint32_t field, std::string_view value) {
  begin(field, value.size());
  append({reinterpret_cast<const uint8_t*>(value.data()), value.size()});
}

void MessageWriter::message(uint32_t field, const MessageWriter& inner) {
  begin(field, inner.bytes_.size());
  append(inner.bytes_);
}

void MessageWriter::integers(uint32_t field, std::span<const int64_t> values) {
  MessageWriter packed;
  for (int64_t value : values) packed.varint(static_cast<uint64_t>(value));
  message(field, packed);
}

}  // namespace convscope::onnx
