// What export makes of small graphs: no change of layout that is not needed, the same network when
// it is read back, settings that are remembered, a sentence where an operator has no form.
#include "onnx/export.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/onnx_export.h"
#include "model/onnx_model.h"
#include "onnx/writer.h"
#include "ops/ops.h"
#include "unit/onnx_test_files.h"

namespace convscope::onnx {
namespace {

ImportedGraph import_or_die(std::span<const uint8_t> bytes) {
  auto imported = import_onnx(bytes);
  EXPECT_TRUE(imported.has_value()) << (imported ? "" : imported.error().message);
  return imported ? *std::move(imported) : ImportedGraph();
}

std::vector<uint8_t> export_or_die(const ImportedGraph& graph) {
  auto file = export_onnx(graph.graph, graph.parameters, graph.inputs, graph.outputs);
  EXPECT_TRUE(file.has_value()) << (file ? "" : file.error().message);
  return file ? *std::move(file) : std::vector<uint8_t>();
}

std::vector<std::string> operators_of(std::span<const uint8_t> file) {
  const auto model = read_model(file);
  EXPECT_TRUE(model.has_value());
  std::vector<std::string> out;
  for (const NodeProto& node : model->graph.nodes) out.emplace_back(node.op_type);
  return out;
}

std::vector<double> evaluate(const ImportedGraph& imported) {
  std::unordered_map<ValueId, DoubleTensor> given;
  for (size_t i = 0; i < imported.graph.values().size(); ++i) {
    const Value& value = imported.graph.values()[i];
    const ValueId id(static_cast<int32_t>(i));
    if (value.parameter >= 0)
      given.emplace(id,
                    DoubleTensor::from(imported.parameters[static_cast<size_t>(value.parameter)]));
    if (value.kind == ValueKind::kInput) {
      DoubleTensor picture = DoubleTensor::zeros(value.shape);
      for (size_t k = 0; k < picture.values.size(); ++k)
        picture.values[k] = 0.1 * static_cast<double>(k * 7 % 13);
      given.emplace(id, picture);
    }
  }
  const ValueId wanted[] = {imported.outputs[0].value};
  return evaluate_reference(imported.graph, std::move(given), wanted).at(wanted[0]).values;
}

TEST(OnnxWriter, IsReadBack) {
  MessageWriter inner, out;
  inner.integer(1, -1);
  inner.integer(2, int64_t{1} << 40);
  inner.number(3, -0.375f);
  out.message(7, inner);
  out.text(200, "日");
  out.begin(4, 2);
  Cursor cursor(out.bytes());
  const auto message = cursor.next();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->number, 7u);
  Cursor fields(message->bytes);
  EXPECT_EQ(fields.next()->integer(), -1);
  EXPECT_EQ(fields.next()->integer(), int64_t{1} << 40);
  EXPECT_EQ(fields.next()->number32(), -0.375f);
  EXPECT_TRUE(fields.at_end());
  const auto text = cursor.next();
  EXPECT_EQ(text->number, 200u);
  EXPECT_EQ(text->text(), "日");
  // What begin() announces is not there yet.
  EXPECT_FALSE(cursor.next().has_value());
}

TEST(OnnxExport, FlattenedPicturesNeedNoTransposeAndReadBackTheSame) {
  const ImportedGraph first = import_or_die(small_onnx().bytes());
  const std::vector<uint8_t> file = export_or_die(first);
  const auto operators = operators_of(file);
  EXPECT_EQ(std::ranges::count(operators, "Transpose"), 0);
  EXPECT_EQ(std::ranges::count(operators, "Conv"), 1);
  EXPECT_EQ(std::ranges::count(operators, "Flatten"), 1);
  const ImportedGraph again = import_or_die(file);
  EXPECT_EQ(again.opset, kExportOpset);
  EXPECT_EQ(again.producer, "ConvScope");
  EXPECT_EQ(again.inputs[0].name, first.inputs[0].name);
  EXPECT_EQ(again.outputs[0].name, first.outputs[0].name);
  EXPECT_EQ(evaluate(again), evaluate(first));
  EXPECT_EQ(export_or_die(again), file) << "what is read back is written as the same bytes";
}

TEST(OnnxExport, WhatReadsAFlattenedPictureInOrderGetsIt) {
  OnnxFile file = small_onnx();
  file.outputs.push_back(onnx_value("f", {0, 64}));
  const ImportedGraph first = import_or_die(file.bytes());
  const std::vector<uint8_t> saved = export_or_die(first);
  const ImportedGraph again = import_or_die(saved);
  ASSERT_EQ(again.outputs.size(), 2u);
  EXPECT_EQ(evaluate(again), evaluate(first));
}

TEST(OnnxExport, AnOperatorWithoutAFormIsNamed) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", {1, 2, 2, 3});
  const auto y = builder.add_one(make_relu_grad(), {x, x}, "relu1.grad");
  ASSERT_TRUE(y.has_value());
  const Graph graph = std::move(builder).build();
  const Port input{"x", {1, 3, 2, 2}, channels_last_axes(4), x, std::nullopt};
  const Port output{"y", {1, 3, 2, 2}, channels_last_axes(4), *y, std::nullopt};
  const auto file = export_onnx(graph, {}, {&input, 1}, {&output, 1});
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(file.error().message,
            "the node relu1.grad cannot be saved: its operator ReluGrad has no form in ONNX");
}

TEST(OnnxExport, ANetworkRemembersItsSettings) {
  Preprocessing chosen{.order = ChannelOrder::kBgr,
                       .mean = {1.5f, 0.1f, 123.675f},
                       .standard_deviation = {58.395f, 1, 0.333f},
                       .resize_mode = ResizeMode::kSquash,
                       .filter = ResizeFilter::kBicubic,
                       .resize_size = 9,
                       .crop_height = 8,
                       .crop_width = 8};
  const std::vector<uint8_t> bytes = small_onnx().bytes();
  auto model = load_model("small", "onnx", bytes, &chosen);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_FALSE(model->preprocessing_guessed);
  model->title = "A small network";
  const std::string labels[] = {"tench", "鱼"};
  const auto file = write_onnx(*model, labels);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  const auto again = load_model("saved", "onnx", *file);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->title, "A small network");
  EXPECT_EQ(again->labels, (std::vector<std::string>{"tench", "鱼"}));
  EXPECT_FALSE(again->preprocessing_guessed);
  EXPECT_EQ(settings_of(again->preprocessing), settings_of(chosen));
  EXPECT_EQ(again->preprocessing.mean, chosen.mean);
  EXPECT_EQ(again->preprocessing.standard_deviation, chosen.standard_deviation);
  EXPECT_EQ(import_or_die(*file).metadata.at("ConvScope.labels"), "tench\n鱼\n");
  // Its own file does not say it.
  const auto unsaved = load_model("small", "onnx", bytes);
  ASSERT_TRUE(unsaved.has_value());
  EXPECT_TRUE(unsaved->preprocessing_guessed);
  EXPECT_TRUE(unsaved->labels.empty());
  const std::string one[] = {"only one for two classes"};
  const auto short_of_names = load_model("saved", "onnx", *write_onnx(*model, one));
  ASSERT_TRUE(short_of_names.has_value());
  EXPECT_TRUE(short_of_names->labels.empty());
}

}  // namespace
}  // namespace convscope::onnx
