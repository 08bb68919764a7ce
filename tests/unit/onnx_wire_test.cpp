// Reading protobuf: every wire type, and every way to be cut short.
#include "onnx/wire.h"

#include <gtest/gtest.h>

#include "unit/onnx_test_files.h"

namespace convscope::onnx {
namespace {

std::vector<uint8_t> bytes(std::initializer_list<int> values) {
  std::vector<uint8_t> out;
  for (int value : values) out.push_back(static_cast<uint8_t>(value));
  return out;
}

TEST(OnnxWire, ReadsEveryWireType) {
  const auto file =
      ProtoWriter().varint(1, 300).fixed32(2, 1.5f).text(16, "abc").varint(3, ~uint64_t{0}).file();
  Cursor cursor(file);
  auto field = cursor.next();
  ASSERT_TRUE(field.has_value());
  EXPECT_EQ(field->number, 1u);
  EXPECT_EQ(field->integer(), 300);
  field = cursor.next();
  ASSERT_TRUE(field.has_value());
  EXPECT_TRUE(field->is(WireType::kFixed32));
  EXPECT_EQ(field->number32(), 1.5f);
  field = cursor.next();
  ASSERT_TRUE(field.has_value());
  EXPECT_EQ(field->number, 16u);
  EXPECT_EQ(field->text(), "abc");
  field = cursor.next();
  ASSERT_TRUE(field.has_value());
  EXPECT_EQ(field->integer(), -1);
  EXPECT_TRUE(cursor.at_end());

  const auto fixed64 = bytes({0x09, 1, 2, 0, 0, 0, 0, 0, 0});
  Cursor wide(fixed64);
  field = wide.next();
  ASSERT_TRUE(field.has_value());
  EXPECT_EQ(field->value, 513u);
}

TEST(OnnxWire, RefusesWhatIsCutShortOrUnknown) {
  const std::vector<uint8_t> wrong[] = {
      bytes({0x08}),                    // a varint that is not there
      bytes({0x08, 0x80}),              // one that goes on
      bytes({0x0d, 1, 2, 3}),           // three bytes of four
      bytes({0x09, 1, 2, 3, 4, 5, 6}),  // six of eight
      bytes({0x0a, 3, 'a', 'b'}),       // two of three
      bytes({0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}),  // 2⁶⁴ − 1 bytes
      bytes({0x0b}),                                                           // a group
      bytes({0x0e}),  // an unknown wire type
      bytes({0x00}),  // field 0
      bytes({0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}),  // endless
  };
  for (const auto& file : wrong) {
    Cursor cursor(file);
    const auto field = cursor.next();
    ASSERT_FALSE(field.has_value());
    EXPECT_EQ(field.error().code, ErrorCode::kMalformed);
  }
}

}  // namespace
}  // namespace convscope::onnx
