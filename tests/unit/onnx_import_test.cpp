// What import makes of small graphs: constants that are computed, layouts that need no transpose,
// normalisations that disappear, layers and preprocessing that are found.
#include "onnx/import.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/onnx_model.h"
#include "onnx/fold.h"
#include "unit/onnx_test_files.h"

namespace convscope::onnx {
namespace {

size_t count_kind(const Graph& graph, std::string_view kind) {
  return static_cast<size_t>(std::ranges::count_if(
      graph.nodes(), [&](const Node& node) { return node.op->kind() == kind; }));
}

// The reference value of the first output for a picture of ramps, in ONNX's order.
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
      // By ONNX's place, so that the layout of the input does not matter.
      const Shape& s = value.shape;
      for (int64_t h = 0; h < s[1]; ++h) {
        for (int64_t w = 0; w < s[2]; ++w) {
          for (int64_t c = 0; c < s[3]; ++c)
            picture.at(0, h, w, c) = 0.1 * static_cast<double>((c * 64 + h * 8 + w) % 13);
        }
      }
      given.emplace(id, picture);
    }
  }
  const ValueId wanted[] = {imported.outputs[0].value};
  return evaluate_reference(imported.graph, std::move(given), wanted).at(wanted[0]).values;
}

ImportedGraph import_or_die(const OnnxFile& file) {
  static std::vector<std::vector<uint8_t>> kept;
  kept.push_back(file.bytes());
  auto imported = import_onnx(kept.back());
  EXPECT_TRUE(imported.has_value()) << (imported ? "" : imported.error().message);
  return imported ? *std::move(imported) : ImportedGraph();
}

TEST(OnnxImport, NormalisationFoldsAndFlattenNeedsNoTranspose) {
  const ImportedGraph imported = import_or_die(small_onnx());
  EXPECT_EQ(count_kind(imported.graph, "Conv"), 1u);
  EXPECT_EQ(count_kind(imported.graph, "Mul"), 0u);
  EXPECT_EQ(count_kind(imported.graph, "Transpose"), 0u);
  EXPECT_EQ(imported.outputs[0].shape, (Shape{1, 2}));

  // The same network in which the convolution and the flattened picture have second readers, so
  // that nothing can be folded: the numbers must not change.
  OnnxFile plain = small_onnx();
  plain.outputs.push_back(onnx_value("c", {0, 4, 4, 4}));
  plain.outputs.push_back(onnx_value("f", {0, 64}));
  const ImportedGraph unfolded = import_or_die(plain);
  EXPECT_EQ(count_kind(unfolded.graph, "Mul"), 1u);
  EXPECT_EQ(count_kind(unfolded.graph, "Transpose"), 1u);
  const auto got = evaluate(imported), want = evaluate(unfolded);
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-6);
}

// NumPy: x·v sums over the last axis, v·x over the last but one; v has no axis of its own left.
TEST(OnnxImport, AVectorIsARowOrAColumn) {
  const std::vector<float> v = onnx_ramp(8, 0.3f);
  for (const bool right : {false, true}) {
    OnnxFile file;
    file.inputs = {onnx_value("x", {1, 3, 8, 8})};
    file.outputs = {onnx_value("y", {1, 3, 8})};
    file.initializers = {onnx_tensor("v", {8}, v)};
    file.nodes = {right ? onnx_node("MatMul", "m", {"x", "v"}, {"y"})
                        : onnx_node("MatMul", "m", {"v", "x"}, {"y"})};
    const ImportedGraph imported = import_or_die(file);
    ASSERT_EQ(imported.outputs[0].shape, (Shape{1, 3, 8}));
    const std::vector<double> got = evaluate(imported);
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t i = 0; i < 8; ++i) {
        double want = 0;
        for (int64_t k = 0; k < 8; ++k) {
          const int64_t h = right ? i : k, w = right ? k : i;
          const bool last = imported.graph.shape(imported.inputs[0].value)[3] == 3;
          const int64_t place = last ? c * 64 + h * 8 + w : w * 64 + c * 8 + h;
          want += 0.1 * static_cast<double>(place % 13) * static_cast<double>(v[size_t(k)]);
        }
        EXPECT_NEAR(got[size_t(c * 8 + i)], want, 1e-12) << right << " " << c << " " << i;
      }
    }
  }
}

TEST(OnnxImport, NodesMayStandInAnyOrder) {
  OnnxFile file = small_onnx();
  std::ranges::reverse(file.nodes);
  const auto got = evaluate(import_or_die(file)), want = evaluate(import_or_die(small_onnx()));
  EXPECT_EQ(got, want);
}

// x.view(x.size(0), -1) as PyTorch exports it.
TEST(OnnxImport, ShapeArithmeticIsComputed) {
  OnnxFile file = small_onnx();
  file.nodes[3] = onnx_node("Shape", "shape", {"r"}, {"s"});
  file.initializers.push_back(onnx_tensor("zero", {0}));
  file.initializers.push_back(onnx_tensor("rest", {-1}));
  file.nodes.push_back(onnx_node("Gather", "gather", {"s", "zero"}, {"n0"}));
  file.nodes.push_back(
      onnx_node("Concat", "concat", {"n0", "rest"}, {"to"}, {onnx_int("axis", 0)}));
  file.nodes.push_back(onnx_node("Reshape", "reshape", {"r", "to"}, {"f"}));
  const ImportedGraph imported = import_or_die(file);
  EXPECT_EQ(evaluate(imported), evaluate(import_or_die(small_onnx())));
  EXPECT_EQ(count_kind(imported.graph, "Gather") + count_kind(imported.graph, "Concat"), 0u);
}

TEST(OnnxImport, OpenSizesAreChosen) {
  OnnxFile file = small_onnx();
  file.inputs = {onnx_value("x", {0, 3, 0, 0})};
  file.nodes.erase(file.nodes.begin() + 3, file.nodes.end());
  file.outputs = {onnx_value("r", {0, 4, 0, 0})};
  EXPECT_EQ(import_or_die(file).inputs[0].shape, (Shape{1, 3, kDefaultSide, kDefaultSide}));
  const auto bytes = file.bytes();
  const auto imported = import_onnx(bytes, {.side = 32});
  ASSERT_TRUE(imported.has_value());
  EXPECT_EQ(imported->outputs[0].shape, (Shape{1, 4, 16, 16}));
}

// Evaluates one node on integer lists.
std::vector<int64_t> fold(std::string_view op, const std::vector<std::vector<int64_t>>& inputs,
                          const std::vector<AttributeProto>& attributes = {}) {
  NodeProto node;
  node.op_type = op;
  node.attributes = attributes;
  std::vector<HostTensor> tensors;
  for (const auto& input : inputs)
    tensors.push_back(HostTensor::of_integers({static_cast<int64_t>(input.size())}, input));
  NodeView view{&node, 13, {}, {}};
  for (const HostTensor& tensor : tensors) {
    node.inputs.push_back("i");
    view.constants.push_back(&tensor);
    view.shapes.push_back(tensor.shape);
  }
  const auto folded = fold_node(view);
  EXPECT_TRUE(folded.has_value()) << (folded ? "" : folded.error().message);
  if (!folded || !*folded) return {};
  return (**folded)[0].integers;
}

TEST(OnnxFold, IntegersWrapTruncateAndCompare) {
  using List = std::vector<int64_t>;
  EXPECT_EQ(fold("Add", {{1, INT64_MAX}, {2, 1}}), (List{3, INT64_MIN}));
  EXPECT_EQ(fold("Div", {{7, -7, INT64_MIN}, {2, 2, -1}}), (List{3, -3, INT64_MIN}));
  EXPECT_EQ(fold("Mod", {{7, -7, 7}, {3, 3, -3}}), (List{1, 2, -2}));
  EXPECT_EQ(fold("Pow", {{3, 2, -1}, {4, 0, -3}}), (List{81, 1, -1}));
  EXPECT_EQ(fold("Equal", {{1, 2}, {1, 3}}), (List{1, 0}));
  EXPECT_EQ(fold("Where", {{1, 0}, {5, 6}, {7, 8}}), (List{5, 8}));
  EXPECT_EQ(fold("Max", {{1, 9}, {4}}), (List{4, 9}));
  EXPECT_EQ(fold("Neg", {{INT64_MIN, 3}}), (List{INT64_MIN, -3}));
}

TEST(OnnxFold, ListsAreCutAndMade) {
  using List = std::vector<int64_t>;
  EXPECT_EQ(fold("Slice", {{0, 1, 2, 3, 4}, {1}, {INT64_MAX}}), (List{1, 2, 3, 4}));
  EXPECT_EQ(fold("Slice", {{0, 1, 2, 3, 4}, {-1}, {INT64_MIN}, {0}, {-2}}), (List{4, 2, 0}));
  EXPECT_EQ(fold("Gather", {{5, 6, 7}, {-1, 0}}), (List{7, 5}));
  EXPECT_EQ(fold("Tile", {{1, 2}, {2}}), (List{1, 2, 1, 2}));
  EXPECT_EQ(fold("Expand", {{4}, {3}}), (List{4, 4, 4}));
  EXPECT_EQ(fold("Range", {{2}, {9}, {3}}), (List{2, 5, 8}));
  EXPECT_EQ(fold("ReduceProd", {{2, 3, 4}}), (List{24}));
  EXPECT_EQ(fold("ReduceMin", {{2, -3, 4}}), (List{-3}));
}

TEST(OnnxModel, LayersAndLogitsAreFound) {
  const auto bytes = small_onnx().bytes();
  const auto model = load_model("small", "onnx", bytes);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  ASSERT_EQ(model->layers.size(), 3u);
  EXPECT_EQ(model->layers[0].name, "features.0");
  EXPECT_EQ(model->layers[0].operation, "Conv 3×3 / 2 + ReLU");
  EXPECT_TRUE(model->layers[0].pre.valid());
  EXPECT_EQ(model->layers[1].name, "logits");
  EXPECT_EQ(model->layers[2].name, "softmax");
  EXPECT_EQ(model->classes(), 2);
}

TEST(OnnxModel, ASoftmaxAtTheEndIsTheProbabilities) {
  OnnxFile file = small_onnx();
  file.nodes.push_back(onnx_node("Softmax", "softmax", {"y"}, {"p"}));
  file.outputs = {onnx_value("p", {0, 2})};
  const auto bytes = file.bytes();
  const auto model = load_model("small", "onnx", bytes);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->graph.value(model->logits).name, "/classifier/Gemm");
  EXPECT_EQ(model->graph.value(model->probabilities).name, "softmax");
}

TEST(OnnxModel, GrayAndWidePicturesAreTaken) {
  const auto bytes = gray_onnx().bytes();
  const auto model = load_model("gray", "onnx", bytes);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->graph.shape(model->input), (Shape{1, 12, 20, 1}));
  EXPECT_EQ(model->preprocessing.order, ChannelOrder::kGray);
  EXPECT_EQ(model->preprocessing.crop_height, 12);
  EXPECT_EQ(model->preprocessing.crop_width, 20);
  EXPECT_EQ(model->preprocessing.resize_size, 12) << "small pictures lose no margin";
  EXPECT_EQ(model->preprocessing.value_of_byte(255, 0), 1);

  // The convolutions take any size, so a person may choose one; colours they may not.
  Preprocessing chosen = model->preprocessing;
  chosen.crop_height = 9;
  chosen.crop_width = 31;
  chosen.order = ChannelOrder::kBgr;
  const auto other = load_model("gray", "onnx", bytes, &chosen);
  ASSERT_TRUE(other.has_value()) << other.error().message;
  EXPECT_EQ(other->graph.shape(other->input), (Shape{1, 9, 31, 1}));
  EXPECT_EQ(other->preprocessing.order, ChannelOrder::kGray);
}

// A head of fixed size takes no other; neither does one whose classes are places of the picture.
TEST(OnnxModel, AnotherSizeIsRefusedWhereTheNetworkCannotTakeIt) {
  const auto refused = [](const OnnxFile& file) {
    const auto bytes = file.bytes();
    const auto model = load_model("small", "onnx", bytes);
    EXPECT_TRUE(model.has_value()) << model.error().message;
    if (!model) return Error();
    Preprocessing chosen = model->preprocessing;
    chosen.crop_width = 16;
    const auto other = load_model("small", "onnx", bytes, &chosen);
    EXPECT_FALSE(other.has_value());
    return other ? Error() : other.error();
  };
  OnnxFile file = small_onnx();
  const Error head = refused(file);
  EXPECT_EQ(head.code, ErrorCode::kUnsupported);
  EXPECT_EQ(head.message,
            "the network cannot take pictures of 16 × 8, only of 8 × 8: at node /classifier/Gemm: "
            "Gemm(transB=1): x does not have as many columns as the weight wants; got 1×128, 2×64");
  file.nodes.pop_back();
  file.outputs = {onnx_value("f", {0, 64})};
  EXPECT_EQ(refused(file).message,
            "the network cannot take pictures of 16 × 8, only of 8 × 8: its output f becomes 1×128 "
            "instead of 1×64");
}

// TensorFlow keeps the single channel last.
TEST(OnnxModel, ASingleChannelMayStandLast) {
  OnnxFile file = gray_onnx();
  file.inputs = {onnx_value("image", {1, 12, 20, 1})};
  file.nodes.insert(file.nodes.begin(), onnx_node("Transpose", "nchw", {"image"}, {"x"},
                                                  {onnx_ints("perm", {0, 3, 1, 2})}));
  const auto bytes = file.bytes();
  const auto model = load_model("gray", "onnx", bytes);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->graph.shape(model->input), (Shape{1, 12, 20, 1}));
  EXPECT_EQ(count_kind(model->graph, "Transpose"), 0u);
}

TEST(OnnxModel, PreprocessingIsGuessed) {
  const auto guess = [](const OnnxFile& file) { return guess_preprocessing(import_or_die(file)); };
  const Preprocessing usual = guess(small_onnx());
  EXPECT_EQ(usual.crop_height, 8);
  EXPECT_EQ(usual.order, ChannelOrder::kRgb);
  EXPECT_NEAR(usual.mean[0], 0.485 * 255, 1e-3);

  OnnxFile own = small_onnx();
  own.initializers.push_back(onnx_tensor("mean255", {3, 1, 1}, {123, 117, 104}));
  own.nodes.push_back(onnx_node("Sub", "centre", {"x", "mean255"}, {"centred"}));
  own.nodes[0] = onnx_node("Conv", "conv", {"centred", "w"}, {"c"},
                           {onnx_ints("strides", {2, 2}), onnx_ints("pads", {1, 1, 1, 1})});
  const Preprocessing bytes = guess(own);
  EXPECT_EQ(bytes.mean[0], 0);
  EXPECT_EQ(bytes.standard_deviation[0], 1);

  OnnxFile told = small_onnx();
  told.more.message(14, ProtoWriter().text(1, "Image.BitmapPixelFormat").text(2, "Bgr8"));
  told.more.message(14, ProtoWriter().text(1, "Image.NominalPixelRange").text(2, "Normalized_1_1"));
  const Preprocessing metadata = guess(told);
  EXPECT_EQ(metadata.order, ChannelOrder::kBgr);
  EXPECT_EQ(metadata.mean[1], 127.5f);
}

}  // namespace
}  // namespace convscope::onnx
