#include "onnx/wire.h"

#include <bit>
#include <cstring>
#include <format>

namespace convscope::onnx {

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kMalformed,
              std::format("the ONNX file is damaged: {}; export or download it again", what));
}

float Field::number32() const { return std::bit_cast<float>(static_cast<uint32_t>(value)); }

Result<Bytes> Cursor::take(uint64_t count) {
  const size_t left = bytes_.size() - at_;
  if (count > left)
    return damaged(std::format("a field wants {} bytes and {} are left", count, left));
  const Bytes taken = bytes_.subspan(at_, static_cast<size_t>(count));
  at_ += taken.size();
  return taken;
}

Result<uint64_t> Cursor::varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at_end()) return damaged("it ends within a number");
    const uint8_t byte = bytes_[at_++];
    value |= uint64_t{byte & 127u} << shift;
    if (byte < 128) return value;
  }
  return damaged("a number has more than ten bytes");
}

Result<Field> Cursor::next() {
  TRY(const uint64_t tag, varint());
  if (tag >> 3 == 0 || tag >> 3 > 0x1fff'ffff) return damaged("a field has no valid number");
  Field field{.number = static_cast<uint32_t>(tag >> 3), .type = static_cast<WireType>(tag & 7)};
  switch (field.type) {
    case WireType::kVarint: {
      const size_t begin = at_;
      TRY(field.value, varint());
      field.bytes = bytes_.subspan(begin, at_ - begin);
      return field;
    }
    case WireType::kFixed64: {
      TRY(field.bytes, take(8));
      std::memcpy(&field.value, field.bytes.data(), 8);
      return field;
    }
    case WireType::kFixed32: {
      TRY(field.bytes, take(4));
      std::memcpy(&field.value, field.bytes.data(), 4);
      return field;
    }
    case WireType::kLength: {
      TRY(const uint64_t length, varint());
      TRY(field.bytes, take(length));
      return field;
    }
  }
  return damaged(std::format("a field has the unknown wire type {}", tag & 7));
}

}  // namespace convscope::onnx
