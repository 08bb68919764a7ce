#include "model/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "model/bundle.h"
#include "model/catalog.h"
#include "model/squeezenet.h"
#include "unit/model_test_files.h"

namespace convscope {
namespace {

Model tiny() {
  auto model = read_bundle(make_bundle(kTinyHeader, tiny_data()));
  EXPECT_TRUE(model) << model.error().message;
  if (!model) return {};
  describe_layers(*model);
  return *std::move(model);
}

TEST(ModelBundle, ReadsTheTinyNetwork) {
  const Model model = tiny();
  EXPECT_EQ(model.id, "tiny");
  EXPECT_EQ(model.graph.shape(model.input), (Shape{1, 8, 8, 3}));
  EXPECT_EQ(model.classes(), 2);
  ASSERT_EQ(model.layers.size(), 3u);
  EXPECT_EQ(model.graph.shape(model.layers[0].value), (Shape{1, 4, 4, 4}));
  EXPECT_TRUE(model.layers[0].pre.valid());
  EXPECT_EQ(model.graph.find("conv.pre"), model.layers[0].pre);
  EXPECT_FALSE(model.layers[1].pre.valid());
}

// A bundle that the catalog does not know opens with what its own header says.
TEST(ModelBundle, SaysWhatTheCatalogSaysOfOthers) {
  const std::string header =
      "title Tiny  Net\npreprocessing order=bgr mean=104,117,123 std=2 resize=squash:10 side=8 "
      "filter=bicubic\nclasses 2\nlicence CC0-1.0\ncitation Somebody: Något. 2026\norigin here\n" +
      std::string(kTinyHeader);
  const auto bytes = make_bundle(header, tiny_data());
  const auto model = load_model("any name", "csb", bytes);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->id, "any name");
  EXPECT_EQ(model->title, "Tiny Net");
  EXPECT_EQ(model->citation, "Somebody: Något. 2026");
  const Preprocessing& p = model->preprocessing;
  EXPECT_EQ(p.order, ChannelOrder::kBgr);
  EXPECT_EQ(p.mean, (std::array<float, 3>{104, 117, 123}));
  EXPECT_EQ(p.standard_deviation, (std::array<float, 3>{2, 2, 2}));
  EXPECT_EQ(p.resize_mode, ResizeMode::kSquash);
  EXPECT_EQ(p.filter, ResizeFilter::kBicubic);
  EXPECT_EQ(p.resize_size, 10);
  EXPECT_EQ(p.crop_height, 8);
  EXPECT_EQ(p.crop_width, 8);
  EXPECT_EQ(settings_of(p).text(),
            "order=bgr mean=104,117,123 std=2 resize=squash:10 side=8 filter=bicubic");

  // The start of the file says it, too.
  const auto facts = read_bundle_facts(std::span(bytes).first(12 + header.size()));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->id, "tiny");
  EXPECT_EQ(facts->licence, "CC0-1.0");
  EXPECT_EQ(facts->origin, "here");
  EXPECT_EQ(facts->classes, 2);
  for (size_t length = 0; length < 12 + header.size(); ++length)
    EXPECT_FALSE(read_bundle_facts(std::span(bytes).first(length))) << length;

  // A person may choose another preprocessing of the same size.
  Preprocessing chosen = p;
  chosen.order = ChannelOrder::kRgb;
  const auto other = load_model("any name", "csb", bytes, &chosen);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->preprocessing.order, ChannelOrder::kRgb);
}

// A person may choose another size where all that follows takes it.
TEST(ModelBundle, TakesAnotherSizeWhereEveryNodeDoes) {
  constexpr std::string_view kPreprocessing =
      "preprocessing order=rgb mean=127 std=128 resize=squash:8 side=8\n";
  const auto bytes =
      make_bundle(std::string(kPreprocessing) + std::string(kTinyHeader), tiny_data());
  Preprocessing chosen = load_model("tiny", "csb", bytes).value().preprocessing;
  chosen.crop_height = 12;
  chosen.crop_width = 20;
  const auto other = load_model("tiny", "csb", bytes, &chosen);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->graph.shape(other->input), (Shape{1, 12, 20, 3}));
  EXPECT_EQ(other->graph.shape(other->find_layer("pool")->value), (Shape{1, 3, 5, 4}));
  EXPECT_EQ(other->classes(), 2);
  EXPECT_EQ(other->preprocessing.crop_width, 20);
  EXPECT_GT(other->flops, load_model("tiny", "csb", bytes).value().flops);

  // Without the global pooling the linear layer wants its four numbers.
  std::string fixed = std::string(kPreprocessing) + std::string(kTinyHeader);
  const auto replace = [&](std::string_view from, std::string_view to) {
    ASSERT_NE(fixed.find(from), std::string::npos);
    fixed.replace(fixed.find(from), from.size(), to);
  };
  replace("pool kernel=2,2 strides=2,2", "pool kernel=4,4 strides=4,4");
  replace("node GlobalAveragePool average pool average\n", "");
  replace("flatten average", "flatten pool");
  const auto head = make_bundle(fixed, tiny_data());
  ASSERT_TRUE(load_model("tiny", "csb", head));
  chosen.crop_height = chosen.crop_width = 16;
  const auto refused = load_model("tiny", "csb", head, &chosen);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(
      refused.error().message,
      "the network cannot take pictures of 16 × 16, only of 8 × 8: at node logits: "
      "Gemm(transB=1): x does not have as many columns as the weight wants; got 1×16, 2×4, 2");
  chosen.order = ChannelOrder::kGray;
  EXPECT_EQ(load_model("tiny", "csb", bytes, &chosen).error().message,
            "the network's input is 1×8×8×3, not 1×16×16×1; choose its own channels");
}

TEST(ModelBundle, HalfPrecisionIsExact) {
  const Model model = tiny();
  const std::vector<float> want = {1, -2, 0.5f, 0, 0x1p-24f, 65504, -0x1p-24f, 0x1p-14f};
  EXPECT_TRUE(std::ranges::equal(model.parameters[2].values(), want));
}

TEST(ModelBundle, EightBitsAreMultiplesOfTheirRowsFactor) {
  std::string header(kTinyHeader);
  const std::string from = "conv.weight f32 0 432";
  ASSERT_NE(header.find(from), std::string::npos);
  header.replace(header.find(from), from.size(), "conv.weight q8 0 124");
  auto data = tiny_data();
  const std::array<float, 4> factors = {0.5f, 0.25f, 0, -2};
  std::memcpy(data.data(), factors.data(), sizeof(factors));
  for (size_t i = 0; i < 108; ++i) data[16 + i] = static_cast<uint8_t>(i * 7);
  const auto model = read_bundle(make_bundle(header, data));
  ASSERT_TRUE(model) << model.error().message;
  const auto weights = model->parameters[0].values();
  ASSERT_EQ(weights.size(), 108u);
  for (size_t i = 0; i < 108; ++i) {
    const int byte = static_cast<int>(i * 7 % 256);
    EXPECT_EQ(weights[i], factors[i / 27] * static_cast<float>(byte < 128 ? byte : byte - 256));
  }
}

TEST(ModelLayers, FiguresOfTheTinyNetwork) {
  const Model model = tiny();
  const ModelLayer& conv = model.layers[0];
  EXPECT_EQ(conv.operation, "Conv 3×3 / 2 + ReLU");
  EXPECT_EQ(conv.parameters, 108 + 4);
  ASSERT_EQ(conv.operators.size(), 2u);
  EXPECT_EQ(conv.operators[0]->kind, "Conv");
  EXPECT_EQ(conv.operators[1]->kind, "Relu");
  ASSERT_EQ(conv.filters.size(), 1u);
  EXPECT_EQ(conv.filters[0].name, "conv");
  EXPECT_EQ(conv.filters[0].output, conv.pre);
  EXPECT_EQ(model.layers[1].operation, "Max pool 2×2 / 2");
  EXPECT_EQ(model.parameter_count, 108 + 4 + 8 + 2);
  // The convolution's multiplications and additions are most of it.
  EXPECT_GE(conv.flops, 2 * 16 * 108);
}

// Same-upper padding of 8 at stride 2, kernel 3: one pixel, at the far end.
TEST(ModelLayers, ReceptiveWindowsOfTheTinyNetwork) {
  const Model model = tiny();
  const ReceptiveWindow conv = model.layers[0].rows, pool = model.layers[1].rows,
                        logits = model.layers[2].rows;
  EXPECT_EQ(conv.size, 3);
  EXPECT_EQ(conv.jump, 2);
  EXPECT_EQ(conv.start, 0);
  EXPECT_EQ(pool.size, 5);
  EXPECT_EQ(pool.jump, 4);
  EXPECT_EQ(logits.size,
            9);  // two cells that see 5 each, 4 apart: one beyond the picture, in the padding
  EXPECT_EQ(logits.start, 0);
}

TEST(ModelFilters, FirstLayerIsGivenAsRedGreenBlue) {
  Model model = tiny();
  const ConvFilter& filter = model.layers[0].filters[0];
  model.preprocessing.order = ChannelOrder::kBgr;
  const FilterBank bank = filter_bank(model, model.parameters, filter);
  EXPECT_TRUE(bank.colour);
  EXPECT_EQ(bank.bias, std::vector<float>(4, 1.0f));
  // Stored OHWI: the third input of the first cell of filter 0 is red.
  EXPECT_FLOAT_EQ(bank.values[0], 0.02f);
  EXPECT_FLOAT_EQ(bank.values[9], 0.01f);
  EXPECT_FLOAT_EQ(bank.values[18], 0.0f);
  model.preprocessing.order = ChannelOrder::kRgb;
  EXPECT_FLOAT_EQ(filter_bank(model, model.parameters, filter).values[0], 0.0f);
}

TEST(ModelFilters, SimilarFiltersBecomeNeighbours) {
  FilterBank bank{.outputs = 4, .inputs = 1, .rows = 1, .columns = 3};
  bank.values = {1, 0, 0, /**/ 0, 0, 9, /**/ 2, 0.1f, 0, /**/ 0, 0.2f, 3};
  const std::vector<int32_t> order = order_by_similarity(bank);
  EXPECT_EQ(order[0], 1);
  EXPECT_EQ(order[1], 3);
  EXPECT_EQ(std::set<int32_t>(order.begin(), order.end()).size(), 4u);
  EXPECT_TRUE(order_by_similarity(FilterBank()).empty());
}

TEST(ModelUntrained, SameSeedSameWeightsAndNoBias) {
  const Model model = tiny();
  const auto a = randomise(model, 7), b = randomise(model, 7), c = randomise(model, 8);
  ASSERT_TRUE(a && b && c);
  for (size_t i = 0; i < a->size(); ++i) {
    EXPECT_EQ((*a)[i].shape(), model.parameters[i].shape());
    EXPECT_TRUE(std::ranges::equal((*a)[i].values(), (*b)[i].values()));
  }
  EXPECT_FALSE(std::ranges::equal((*a)[0].values(), (*c)[0].values()));
  for (float value : (*a)[1].values()) EXPECT_EQ(value, 0.0f);
}

// --- SqueezeNet --------------------------------------------------------------------------------

TEST(ModelSqueezeNet, EntriesLandInTheirPlaces) {
  // Position 0; then 15 zeros and a filler, and 3 more zeros: position 0, 16 (filler), 20.
  const auto model = read_squeezenet(make_net({{2, 0}, {0, 15}, {4, 3}}));
  ASSERT_TRUE(model) << model.error().message;
  const Tensor& weight = model->parameters[0];
  EXPECT_EQ(weight.shape(), (Shape{96, 7, 7, 3}));
  EXPECT_EQ(weight.data()[0], 1.0f);
  // Caffe position 20 is output 0, input 0, row 2, column 6.
  EXPECT_EQ(weight.data()[(2 * 7 + 6) * 3 + 0], 2.0f);
  EXPECT_EQ(std::ranges::count(weight.values(), 0.0f), weight.shape().elements() - 2);
  EXPECT_EQ(model->parameters[1].data()[95], -95.0f);
}

TEST(ModelSqueezeNet, LayersAndGeometry) {
  auto model = read_squeezenet(make_net({}));
  ASSERT_TRUE(model) << model.error().message;
  describe_layers(*model);
  EXPECT_EQ(model->parameter_count, 1'248'424);
  const auto shape = [&](std::string_view layer) {
    return model->graph.shape(model->find_layer(layer)->value);
  };
  EXPECT_EQ(shape("conv1"), (Shape{1, 111, 111, 96}));
  EXPECT_EQ(shape("pool1"), (Shape{1, 55, 55, 96}));
  EXPECT_EQ(shape("pool4"), (Shape{1, 27, 27, 256}));
  EXPECT_EQ(shape("fire9"), (Shape{1, 13, 13, 512}));
  EXPECT_EQ(shape("conv10"), (Shape{1, 15, 15, 1000}));
  EXPECT_EQ(shape("logits"), (Shape{1, 1000}));
  const ModelLayer& fire = *model->find_layer("fire4");
  EXPECT_EQ(fire.operation, "squeeze 1×1 → expand 1×1 & 3×3");
  EXPECT_EQ(fire.operators.size(), 3u) << "Conv, Relu and Concat, each once";
  ASSERT_EQ(fire.filters.size(), 3u);
  EXPECT_EQ(fire.filters[2].name, "expand3x3");
  EXPECT_EQ(model->graph.shape(fire.pre), model->graph.shape(fire.value));
  int64_t minor = 0;
  for (std::string_view name : {"fire4/squeeze1x1", "fire4/expand1x1", "fire4/expand3x3"}) {
    EXPECT_TRUE(model->find_layer(name)->minor);
    minor += model->find_layer(name)->parameters;
  }
  EXPECT_EQ(minor, fire.parameters);
  // conv1: 7 wide, 2 apart. pool1 sees three of them: 11 wide, 4 apart; fire2's 3×3 adds 8 and
  // reaches 4 to the left.
  EXPECT_EQ(model->find_layer("pool1")->rows.size, 11);
  const ReceptiveWindow fire2 = model->find_layer("fire2")->columns;
  EXPECT_EQ(fire2.size, 19);
  EXPECT_EQ(fire2.jump, 4);
  EXPECT_EQ(fire2.start, -4);
}

// --- Real files ----------------------------------------------------------------------------------

std::vector<uint8_t> real_squeezenet() {
  const char* folder = std::getenv("CONVSCOPE_DOWNLOADS");
  if (folder == nullptr) return {};
  std::ifstream file(std::string(folder) + "/compressed_SqueezeNet.net", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ModelSqueezeNet, RealFile) {
  const std::vector<uint8_t> bytes = real_squeezenet();
  if (bytes.empty()) GTEST_SKIP() << "no compressed_SqueezeNet.net in CONVSCOPE_DOWNLOADS";
  const auto model = load_model("squeezenet-1.0", "net", bytes);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->layers.back().name, "softmax");
  EXPECT_NEAR(static_cast<double>(model->flops), 1.67e9, 0.1e9);
  int64_t nonzero = 0;
  for (const Tensor& tensor : model->parameters) {
    nonzero += tensor.shape().elements() - std::ranges::count(tensor.values(), 0.0f);
  }
  EXPECT_EQ(nonzero, 419'897);  // as the independent reader in models/convert counts
}

// --- Catalog -------------------------------------------------------------------------------------

TEST(ModelCatalog, Entries) {
  ASSERT_EQ(model_catalog().size(), 2u);
  EXPECT_EQ(find_catalog_entry("squeezenet-1.0")->preprocessing.crop_width, 227);
  EXPECT_EQ(find_catalog_entry("nothing"), nullptr);
}

TEST(ModelCatalog, LabelsAreCounted) {
  const auto labels = read_labels("cat\r\ndog\n鱼\n", 3);
  ASSERT_TRUE(labels);
  EXPECT_EQ((*labels)[0], "cat");
  EXPECT_EQ((*labels)[2], "鱼");
  EXPECT_TRUE(read_labels("cat\ndog", 2));
  EXPECT_FALSE(read_labels("cat\ndog", 3));
  EXPECT_FALSE(read_labels("cat\n\ndog", 3));
}

}  // namespace
}  // namespace convscope
