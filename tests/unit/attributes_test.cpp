// Attributes as text: what is read, what is refused, and with which words.
#include "ops/attributes.h"

#include <gtest/gtest.h>

#include <set>

#include "ops/ops.h"

namespace convscope {
namespace {

Attributes parse(std::string_view text) {
  Attributes out;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view token = text.substr(0, space), name = token.substr(0, token.find('='));
    out.set(std::string(name), std::string(token.substr(name.size() + 1)));
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
  }
  return out;
}

TEST(Attributes, ReadsWhatIsThereAndFallsBackWhereItIsNot) {
  const Attributes a = parse("count=-3 rate=0.25 kernel=3,5 mode=same_upper");
  EXPECT_EQ(*a.integer("count", 7), -3);
  EXPECT_EQ(*a.integer("absent", 7), 7);
  EXPECT_EQ(*a.number("rate", 1), 0.25f);
  EXPECT_EQ(*a.integers("kernel", {}), (std::vector<int64_t>{3, 5}));
  EXPECT_EQ(*a.integers("count", {}), (std::vector<int64_t>{-3}));
  EXPECT_EQ(a.text("mode", ""), "same_upper");
  EXPECT_EQ(a.names(), (std::vector<std::string>{"count", "kernel", "mode", "rate"}));
}

TEST(Attributes, RefusesWhatIsNotOfTheType) {
  for (const char* text : {"a=", "a=x", "a=1x", "a=1.5", "a=9223372036854775808", "a=0x10"}) {
    const auto value = parse(text).integer("a", 0);
    ASSERT_FALSE(value.has_value()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::kMalformed);
    EXPECT_NE(value.error().message.find("attribute a wants a whole number; got '"),
              std::string::npos);
  }
  for (const char* text : {"a=", "a=1,", "a=,1", "a=1,,2", "a=1;2"}) {
    EXPECT_FALSE(parse(text).integers("a", {}).has_value()) << text;
  }
  for (const char* text : {"a=", "a=one", "a=1e", "a=nan"})
    EXPECT_FALSE(parse(text).number("a", 0).has_value()) << text;
}

TEST(MakeOp, NamesTheOperatorItDoesNotKnow) {
  const auto op = make_op("GroupNormalization", {});
  ASSERT_FALSE(op.has_value());
  EXPECT_EQ(op.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(op.error().message.find("GroupNormalization"), std::string::npos);
  EXPECT_FALSE(make_op("ReluGrad", {}).has_value()) << "ops of derivatives are not for model files";
}

TEST(MakeOp, RefusesBadAttributes) {
  const std::vector<std::pair<const char*, const char*>> bad{
      {"Conv", "kernel=3"},
      {"Conv", "kernel=0,3"},
      {"Conv", "kernel=3,99999"},
      {"Conv", "strides=1,0"},
      {"Conv", "pads=1,1"},
      {"Conv", "pads=-1,0,0,0"},
      {"Conv", "group=0"},
      {"Conv", "auto_pad=same_lower"},
      {"Conv", "auto_pad=same_upper pads=1,1,1,1"},
      {"Conv", "kernel=a,b"},
      {"Conv", "colour=red"},
      {"Relu", "slope=0.1"},
      {"Clip", "min=2 max=1"},
      {"Clip", "min=low"},
      {"Concat", "axis=9"},
      {"Gemm", "alpha=2"},
      {"Slice", "axis=1 begin=0"},
      {"Slice", "begin=-1 length=1"},
      {"Reshape", "shape=1,1,1,1,1,1,1"},
      {"Reshape", "shape=-2"},
      {"Pad", "before=-1"},
      {"Softmax", "axis=6"},
      {"Scale", "factor=inf"},
      {"MaxPool", "count_include_pad=1"},
  };
  for (const auto& [kind, attributes] : bad) {
    const auto op = make_op(kind, parse(attributes));
    ASSERT_FALSE(op.has_value()) << kind << " " << attributes;
    EXPECT_NE(op.error().message.find(std::string("in an operator ") + kind), std::string::npos)
        << op.error().message;
  }
}

TEST(Registry, IsSortedAndComplete) {
  std::string_view before;
  for (const OpEntry& entry : op_registry()) {
    EXPECT_LT(before, entry.kind);
    before = entry.kind;
    for (const OpEntry::Sample& sample : entry.samples()) {
      EXPECT_EQ(sample.op->kind(), entry.kind);
      EXPECT_TRUE(sample.op->infer(sample.inputs).has_value()) << op_text(*sample.op);
    }
  }
}

TEST(Registry, EveryOperatorTeachesInBothLanguages) {
  std::set<std::string_view> titles;
  for (const OpEntry& entry : op_registry()) {
    const OpDoc& doc = entry.samples()[0].op->doc();
    for (const Bilingual& text : {doc.title, doc.intuition, doc.derivative}) {
      EXPECT_FALSE(text.en.empty()) << entry.kind;
      EXPECT_FALSE(text.zh.empty()) << entry.kind;
      EXPECT_NE(text.en, text.zh) << entry.kind;
    }
    EXPECT_FALSE(doc.equation.empty() || doc.reference.empty()) << entry.kind;
    EXPECT_TRUE(titles.insert(doc.title.en).second) << doc.title.en;
  }
}

TEST(Registry, AttributesSurviveTheirText) {
  for (const OpEntry& entry : op_registry()) {
    if (entry.from_attributes == nullptr) continue;
    for (const OpEntry::Sample& sample : entry.samples()) {
      const auto again = make_op(entry.kind, parse(sample.op->attributes()));
      ASSERT_TRUE(again.has_value()) << again.error().message;
      EXPECT_EQ(op_text(**again), op_text(*sample.op));
    }
  }
}

TEST(Registry, WrongShapesAreRefusedByName) {
  for (const OpEntry& entry : op_registry()) {
    const OpEntry::Sample sample = entry.samples()[0];
    std::vector<Shape> inputs(sample.inputs);
    inputs.push_back(Shape{2});
    inputs.push_back(Shape{2});
    if (entry.kind == "Concat") inputs.back() = Shape{1, 2};
    const auto shapes = sample.op->infer(inputs);
    ASSERT_FALSE(shapes.has_value()) << entry.kind;
    EXPECT_EQ(shapes.error().message.find(entry.kind), 0u) << shapes.error().message;
    EXPECT_NE(shapes.error().message.find("; got "), std::string::npos) << shapes.error().message;
  }
}

TEST(Window, ResolvesSamePadsAsTensorFlowDoes) {
  Window window{.kernel = {3, 5}, .strides = {2, 2}, .same_upper = true};
  EXPECT_EQ(window.resolved_pads(224, 224), (Pads{0, 1, 1, 2}));
  EXPECT_EQ(window.resolved_pads(225, 225), (Pads{1, 2, 1, 2}));
  EXPECT_EQ(window.output_size(224, 225), (std::array<int64_t, 2>{112, 113}));
}

TEST(Window, CeilModeDropsAWindowThatBeginsBehindTheInput) {
  const Window window{.kernel = {2, 2}, .strides = {3, 3}, .ceil_mode = true};
  EXPECT_EQ(window.output_size(6, 7), (std::array<int64_t, 2>{2, 3}));
  const Window squeeze{.kernel = {3, 3}, .strides = {2, 2}, .ceil_mode = true};
  EXPECT_EQ(squeeze.output_size(111, 54), (std::array<int64_t, 2>{55, 27}));
  EXPECT_LE(squeeze.output_size(2, 9)[0], 0);
}

}  // namespace
}  // namespace convscope
