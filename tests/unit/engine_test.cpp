// The engine as the page uses it: commands in, events out, each command ending in exactly one final
// event.
#include "engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "base/clock.h"
#include "explain/registry.h"
#include "imagine/registry.h"
#include "unit/onnx_test_files.h"

namespace convscope {
namespace {

std::vector<uint8_t> read_all(const std::string& path) {
  std::vector<uint8_t> bytes;
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    uint8_t block[65536];
    while (const size_t count = std::fread(block, 1, sizeof(block), file))
      bytes.insert(bytes.end(), block, block + count);
    std::fclose(file);
  }
  return bytes;
}

std::vector<uint8_t> model_file(const char* name) {
  const char* folder = std::getenv("CONVSCOPE_MODELS");
  return read_all(std::string(folder != nullptr ? folder : "build/models") + "/" + name);
}

// A picture with some structure: a bright disc on a gradient.
Picture disc_picture() {
  constexpr int kSide = 96;
  std::vector<uint8_t> rgba;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const bool inside = (x - 48) * (x - 48) + (y - 40) * (y - 40) < 600;
      const int red = inside ? 220 : x, green = inside ? 140 : y, blue = inside ? 20 : 200 - y;
      for (int value : {red, green, blue, 255}) rgba.push_back(static_cast<uint8_t>(value));
    }
  }
  return {kSide, kSide, Blob(std::move(rgba))};
}

class EngineTest : public testing::Test {
 protected:
  EngineTest()
      : engine_("native", 2, [this](const EventMessage& message) { events_.push_back(message); }) {
    engine_.start(1);
  }

  RequestId post(Command command) {
    engine_.post({++last_request_, std::move(command)});
    return last_request_;
  }
  void run_until_idle() {
    while (engine_.step(1000)) {
    }
  }
  Event final_of(RequestId request) {
    run_until_idle();
    for (const EventMessage& message : events_) {
      if (message.request == request && is_final(message.event)) return message.event;
    }
    ADD_FAILURE() << "request " << request << " has no final event";
    return Done{};
  }
  template <typename T>
  T answer(Command command) {
    const Event event = final_of(post(std::move(command)));
    if (const auto* failed = std::get_if<Failed>(&event)) ADD_FAILURE() << failed->message.en;
    if (!std::holds_alternative<T>(event)) return {};
    return std::get<T>(event);
  }
  Failed failure(Command command) {
    const Event event = final_of(post(std::move(command)));
    EXPECT_TRUE(std::holds_alternative<Failed>(event));
    return std::holds_alternative<Failed>(event) ? std::get<Failed>(event) : Failed{};
  }
  // False where the network's file was not built.
  bool open_network() {
    auto bytes = model_file("efficientnet-lite0.csb");
    if (bytes.empty()) return false;
    model_ = answer<ModelLoaded>(LoadModel{"efficientnet-lite0", "csb", "", Blob(std::move(bytes))})
                 .model;
    answer<ImageReady>(SetPixels{disc_picture()});
    return true;
  }
  void TearDown() override {
    run_until_idle();
    std::map<RequestId, int> finals;
    for (const EventMessage& message : events_)
      finals[message.request] += is_final(message.event) ? 1 : 0;
    for (RequestId request = 1; request <= last_request_; ++request) {
      EXPECT_EQ(finals[request], 1) << "final events of request " << request;
    }
  }

  Engine engine_;
  std::vector<EventMessage> events_;
  RequestId last_request_ = 0;
  ModelInfo model_;
};

#define OPEN_NETWORK_OR_SKIP() \
  if (!open_network())         \
  GTEST_SKIP() << "build/models/efficientnet-lite0.csb is not there; run ./dev models"

TEST_F(EngineTest, SaysReadyWithItsMethods) {
  ASSERT_FALSE(events_.empty());
  const auto* ready = std::get_if<EngineReady>(&events_[0].event);
  ASSERT_NE(ready, nullptr);
  EXPECT_EQ(events_[0].request, 0u);
  EXPECT_EQ(ready->build, "native");
  EXPECT_EQ(ready->methods.size(), explain_methods().size() + imagine_methods().size());
  EXPECT_GE(ready->methods.size(), 22u);
  for (const MethodInfo& method : ready->methods) {
    EXPECT_FALSE(method.title.zh.empty()) << method.id;
    EXPECT_FALSE(method.citation.empty()) << method.id;
    for (const ParameterInfo& p : method.parameters) {
      EXPECT_LE(p.minimum, p.initial) << method.id << "." << p.id;
      EXPECT_LE(p.initial, p.maximum) << method.id << "." << p.id;
    }
  }
}

TEST_F(EngineTest, EveryOperatorThatALayerNamesIsExplained) {
  OPEN_NETWORK_OR_SKIP();
  for (const LayerInfo& layer : model_.layers) {
    EXPECT_FALSE(layer.operators.empty()) << layer.name;
    for (const std::string& kind : layer.operators) {
      const auto found = std::ranges::find(model_.operators, kind, &OperatorInfo::kind);
      ASSERT_NE(found, model_.operators.end()) << layer.name << ": " << kind;
      EXPECT_FALSE(found->intuition.en.empty() || found->intuition.zh.empty() ||
                   found->derivative.zh.empty() || found->equation.empty())
          << kind;
    }
  }
}

TEST_F(EngineTest, RefusesPolitelyBeforeAnythingIsOpen) {
  EXPECT_EQ(failure(Forward{}).message.en, "No network is open yet; choose one in the menu.");
  EXPECT_EQ(failure(RunMethod{.method = "gradient"}).code, "invalid_argument");
  EXPECT_EQ(failure(RunMethod{.method = "magic"}).code, "not_found");
  EXPECT_FALSE(
      failure(LoadModel{"efficientnet-lite0", "csb", "", Blob({1, 2, 3})}).message.zh.empty());
}

TEST_F(EngineTest, ForwardAnswersWithProbabilitiesAndThumbnails) {
  OPEN_NETWORK_OR_SKIP();
  EXPECT_EQ(model_.classes, 1000);
  EXPECT_EQ(model_.input_height, 224);
  const auto done = answer<ForwardDone>(Forward{.thumbnails = 4});
  ASSERT_EQ(done.probabilities.float_count(), 1000u);
  double sum = 0;
  for (size_t i = 0; i < 1000; ++i) sum += done.probabilities.floats()[i];
  EXPECT_NEAR(sum, 1, 1e-4);
  EXPECT_EQ(done.input.width, 224);
  ASSERT_EQ(done.thumbnails.size(), model_.layers.size());
  EXPECT_EQ(done.thumbnails[0].channels.size(), 4u);
  EXPECT_GT(done.micros, 0);
}

TEST_F(EngineTest, ActivationsOfEveryLayerHaveItsShape) {
  OPEN_NETWORK_OR_SKIP();
  for (const LayerInfo& layer : model_.layers) {
    const auto maps = answer<Activations>(GetActivations{layer.name, false});
    EXPECT_EQ(maps.height, layer.height) << layer.name;
    EXPECT_EQ(maps.channels, layer.channels) << layer.name;
    EXPECT_EQ(maps.values.float_count(),
              static_cast<size_t>(layer.height) * layer.width * layer.channels)
        << layer.name;
    for (size_t i = 0; i < maps.values.float_count(); ++i)
      ASSERT_TRUE(std::isfinite(maps.values.floats()[i])) << layer.name;
  }
  const auto before = answer<Activations>(GetActivations{"stem", true});
  float lowest = 0;
  for (size_t i = 0; i < before.values.float_count(); ++i)
    lowest = std::min(lowest, before.values.floats()[i]);
  EXPECT_LT(lowest, 0) << "before its ReLU6 a layer has negative values";
  EXPECT_EQ(failure(GetActivations{"nowhere", false}).code, "not_found");
}

TEST_F(EngineTest, SliceResponsesAddUpToTheFilters) {
  OPEN_NETWORK_OR_SKIP();
  const auto whole = answer<FilterResponse>(GetFilterResponse{"stem", "", 5, -1});
  const auto filters = answer<Filters>(GetFilters{"stem", ""});
  ASSERT_TRUE(filters.colour);
  std::vector<double> sum(whole.map.values.float_count(), filters.bias.floats()[5]);
  for (int32_t channel = 0; channel < 3; ++channel) {
    const auto slice = answer<FilterResponse>(GetFilterResponse{"stem", "", 5, channel});
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += slice.map.values.floats()[i];
  }
  for (size_t i = 0; i < sum.size(); ++i)
    ASSERT_NEAR(sum[i], whole.map.values.floats()[i], 1e-3) << i;
  EXPECT_EQ(failure(GetFilterResponse{"stem", "", 5, 3}).code, "invalid_argument");
  EXPECT_EQ(failure(GetFilters{"pool", ""}).code, "unsupported");
}

TEST_F(EngineTest, GradientOfTrainedAndUntrainedNetworkDiffer) {
  OPEN_NETWORK_OR_SKIP();
  const auto trained = answer<MethodResult>(RunMethod{.method = "gradient", .target = 281});
  const auto untrained =
      answer<MethodResult>(RunMethod{.method = "gradient", .target = 281, .untrained = true});
  ASSERT_TRUE(trained.last.map && untrained.last.map);
  EXPECT_EQ(trained.target, 281);
  EXPECT_EQ(trained.last.map->height, 224);
  EXPECT_GT(trained.last.map->maximum, 0);
  EXPECT_GT(untrained.last.map->maximum, 0) << "an untrained network still has a gradient";
  EXPECT_TRUE(std::isfinite(untrained.last.map->maximum));
  EXPECT_EQ(failure(RunMethod{.method = "gradient", .target = 1000}).code, "invalid_argument");
  EXPECT_EQ(failure(RunMethod{.method = "gradient", .parameters = {{"speed", 1}}}).code,
            "invalid_argument");
}

// Every command on a network for gray pictures that are wider than high.
TEST_F(EngineTest, AGrayWideNetworkHasEveryView) {
  const ModelInfo model =
      answer<ModelLoaded>(LoadModel{"gray", "onnx", "", Blob(gray_onnx().bytes())}).model;
  ASSERT_EQ(model.layers.size(), 5u);
  answer<ImageReady>(SetPixels{disc_picture()});
  const auto forward = answer<ForwardDone>(Forward{.thumbnails = 4});
  EXPECT_EQ(forward.input.height, 12);
  EXPECT_EQ(forward.input.width, 20);
  const auto filters = answer<Filters>(GetFilters{"first", ""});
  EXPECT_EQ(filters.inputs, 1);
  EXPECT_FALSE(filters.colour);
  EXPECT_EQ(answer<FilterResponse>(GetFilterResponse{"first", "", 1, 0}).map.width, 20);
  for (bool untrained : {false, true}) {
    const auto map =
        answer<MethodResult>(RunMethod{.method = "gradient", .target = 2, .untrained = untrained});
    ASSERT_TRUE(map.last.map);
    EXPECT_EQ(map.last.map->height, 12);
    EXPECT_EQ(map.last.map->width, 20);
    EXPECT_GT(map.last.map->maximum, 0);
  }
  RunMethod dream{.method = "deep_dream", .layer = "second"};
  dream.parameters = {{"size", 64}, {"octaves", 1}, {"iterations", 6}, {"jitter", 2}};
  const auto result = answer<MethodResult>(dream);
  ASSERT_TRUE(result.last.picture);
  EXPECT_GT(result.last.figures[0].value, 0);
}

TEST_F(EngineTest, EveryNodeThatCannotRunIsNamed) {
  OnnxFile file = small_onnx();
  file.nodes.resize(2);
  std::string last = "n";
  for (size_t i = 0; i < kMaxRefusedNodes + 3; ++i) {
    const std::string name = "m" + std::to_string(i);
    file.nodes.push_back(onnx_node(i % 2 == 0 ? "GRU" : "LSTM", name, {last}, {name}));
    last = name;
  }
  file.outputs = {onnx_value(last, {0, 2})};
  const Failed failed = failure(LoadModel{"odd", "onnx", "", Blob(file.bytes())});
  EXPECT_EQ(failed.code, "unsupported");
  EXPECT_TRUE(failed.message.en.starts_with(
      "ConvScope cannot run 203 of the network's 205 nodes: m0 (GRU): ConvScope has no such "
      "operator; m1 (LSTM): "))
      << failed.message.en;
  ASSERT_EQ(failed.nodes.size(), kMaxRefusedNodes);
  EXPECT_EQ(failed.more_nodes, 3);
  EXPECT_EQ(failed.nodes[199].op, "LSTM");
  EXPECT_EQ(failed.nodes[199].name, "m199");
  EXPECT_EQ(failed.nodes[199].reason.en, "ConvScope has no such operator");
  EXPECT_EQ(failed.nodes[199].reason.zh, "ConvScope 没有这种算子");
  // A refusal for another reason names none.
  EXPECT_TRUE(failure(LoadModel{"cut", "onnx", "", Blob({8, 8})}).nodes.empty());
}

// The head takes 8 × 8 only; the convolution before it dreams at any size.
TEST_F(EngineTest, AHeadOfFixedSizeDoesNotKeepALayerFromDreaming) {
  answer<ModelLoaded>(LoadModel{"small", "onnx", "", Blob(small_onnx().bytes())});
  answer<ImageReady>(SetPixels{disc_picture()});
  RunMethod dream{.method = "deep_dream", .layer = "features.0"};
  dream.parameters = {{"size", 128}, {"octaves", 1}, {"iterations", 2}};
  EXPECT_EQ(answer<MethodResult>(dream).last.picture->width, 128);
  dream.layer = "logits";
  EXPECT_EQ(
      failure(dream).message.en,
      "/classifier/Gemm takes only the input 1×8×8×3, not 1×128×128×3 (at node "
      "/classifier/Gemm: Gemm(transB=1): x does not have as many columns as the weight wants; "
      "got 1×16384, 2×64); choose a layer before it.");
}

// The suggested layer is filled in first: a channel that it does not have must not reach the
// method.
TEST_F(EngineTest, ChannelsAreCheckedAgainstTheSuggestedLayerToo) {
  OPEN_NETWORK_OR_SKIP();
  for (const char* layer : {"", "block10e"}) {
    for (const int32_t channel : {-1, 99999}) {
      const Failed failed =
          failure(RunMethod{.method = "deep_dream", .layer = layer, .channels = {0, channel}});
      EXPECT_EQ(failed.code, "invalid_argument");
      EXPECT_EQ(failed.message.en, "Channel " + std::to_string(channel) +
                                       " does not exist; block10e has channels 0 to 671.");
    }
  }
}

TEST_F(EngineTest, AnUnknownNameIsAnsweredWithTheNearestOnes) {
  OPEN_NETWORK_OR_SKIP();
  const std::string layers =
      "EfficientNet-Lite0 has no layer named blokc4; the nearest names are block4, ";
  EXPECT_TRUE(failure(GetActivations{"blokc4", false}).message.en.starts_with(layers));
  EXPECT_TRUE(
      failure(RunMethod{.method = "deep_dream", .layer = "blokc4"}).message.en.starts_with(layers));
  EXPECT_TRUE(failure(GetActivations{"zzz", false})
                  .message.en.starts_with("EfficientNet-Lite0 has no layer named zzz; choose one"));
  EXPECT_EQ(failure(GetFilters{"block4", "depht"}).message.en,
            "Block4 has no filters named depht; it has expand, depthwise, project.");
  EXPECT_EQ(failure(RunMethod{.method = "deep_dream", .parameters = {{"octave", 1}}}).message.en,
            "Deep_dream has no parameter named octave; the nearest name is octaves.");
}

TEST_F(EngineTest, DreamPausesStepsResumesAndCancels) {
  OPEN_NETWORK_OR_SKIP();
  RunMethod dream{.method = "deep_dream", .layer = "block2", .paused = true};
  dream.parameters = {{"size", 128}, {"octaves", 1}, {"iterations", 6}};
  const auto previews = [&](RequestId request) {
    return std::ranges::count_if(events_, [&](const EventMessage& m) {
      const auto* preview = std::get_if<MethodPreview>(&m.event);
      return m.request == request && preview != nullptr && preview->picture;
    });
  };
  const RequestId first = post(dream);
  run_until_idle();
  EXPECT_EQ(previews(first), 1) << "a paused run shows its first preview and waits";
  post(Step{first});
  run_until_idle();
  EXPECT_EQ(previews(first), 2);
  post(Cancel{first});
  const Event cancelled = final_of(first);
  ASSERT_TRUE(std::holds_alternative<Failed>(cancelled));
  EXPECT_EQ(std::get<Failed>(cancelled).code, "cancelled");

  const RequestId second = post(dream);
  run_until_idle();
  post(Resume{second});
  const Event finished = final_of(second);
  ASSERT_TRUE(std::holds_alternative<MethodResult>(finished));
  const auto& result = std::get<MethodResult>(finished);
  ASSERT_TRUE(result.last.picture);
  EXPECT_EQ(result.last.picture->width, 128);
  EXPECT_EQ(result.last.step, result.last.steps);
}

TEST_F(EngineTest, DreamRaisesItsObjectiveAndRepeatsWithItsSeed) {
  OPEN_NETWORK_OR_SKIP();
  RunMethod dream{.method = "deep_dream", .layer = "block4", .seed = 3};
  dream.parameters = {{"size", 160}, {"octaves", 1}, {"iterations", 8}, {"jitter", 8}};
  const RequestId request = post(dream);
  const auto result = std::get<MethodResult>(final_of(request));
  double first = -1;
  for (const EventMessage& message : events_) {
    const auto* preview = std::get_if<MethodPreview>(&message.event);
    if (message.request != request || preview == nullptr) continue;
    if (preview->step == 0) EXPECT_TRUE(preview->figures.empty()) << "the photo, not yet changed";
    if (preview->step == 1) first = preview->figures[0].value;
  }
  EXPECT_GT(first, 0);
  EXPECT_GT(result.last.figures[0].value, 1.5 * first);
  const auto again = std::get<MethodResult>(final_of(post(dream)));
  EXPECT_EQ(
      std::vector<uint8_t>(again.last.picture->rgba.data(),
                           again.last.picture->rgba.data() + again.last.picture->rgba.size()),
      std::vector<uint8_t>(result.last.picture->rgba.data(),
                           result.last.picture->rgba.data() + result.last.picture->rgba.size()));
}

TEST_F(EngineTest, APausedDreamShowsThePhotoUnchanged) {
  OPEN_NETWORK_OR_SKIP();
  const RequestId request = post(RunMethod{.method = "deep_dream",
                                           .layer = "block2",
                                           .paused = true,
                                           .parameters = {{"size", 128}, {"octaves", 3}}});
  run_until_idle();
  std::vector<const MethodPreview*> previews;
  for (const EventMessage& message : events_) {
    const auto* preview = std::get_if<MethodPreview>(&message.event);
    if (message.request == request && preview != nullptr) previews.push_back(preview);
  }
  ASSERT_FALSE(previews.empty());
  const MethodPreview& last = *previews.back();
  EXPECT_EQ(last.step, 0);
  EXPECT_TRUE(last.paused);
  ASSERT_TRUE(last.picture.has_value());
  EXPECT_EQ(std::max(last.picture->height, last.picture->width), 128) << "full size at once";
  post(Cancel{request});
  EXPECT_TRUE(std::holds_alternative<Failed>(final_of(request)));
}

TEST_F(EngineTest, TheUntrainedCopyGoesWhenAnotherMethodRuns) {
  OPEN_NETWORK_OR_SKIP();
  const RequestId gradient = post(RunMethod{.method = "gradient", .untrained = true});
  // The copy's run has not ended when the dream begins, and must end all the same.
  RunMethod dream{.method = "deep_dream", .layer = "block2"};
  dream.parameters = {{"size", 128}, {"octaves", 1}, {"iterations", 1}};
  const RequestId second = post(dream);
  EXPECT_TRUE(std::holds_alternative<MethodResult>(final_of(gradient)));
  EXPECT_TRUE(std::holds_alternative<MethodResult>(final_of(second)));
  const int64_t before = Buffer::live_bytes();
  EXPECT_TRUE(std::holds_alternative<MethodResult>(
      final_of(post(RunMethod{.method = "gradient", .untrained = true}))));
  EXPECT_GT(Buffer::live_bytes(), before) << "a second set of weights";
  EXPECT_TRUE(std::holds_alternative<MethodResult>(final_of(post(dream))));
  EXPECT_LE(Buffer::live_bytes(), before + (1 << 20));
}

TEST_F(EngineTest, ANewPictureCancelsWhatRan) {
  OPEN_NETWORK_OR_SKIP();
  const RequestId dream =
      post(RunMethod{.method = "deep_dream", .layer = "block2", .paused = true});
  run_until_idle();
  answer<ImageReady>(SetPixels{disc_picture()});
  EXPECT_TRUE(std::holds_alternative<Failed>(final_of(dream)));
}

TEST_F(EngineTest, ABadPictureLeavesTheOldOneInPlace) {
  OPEN_NETWORK_OR_SKIP();
  const auto before = answer<ForwardDone>(Forward{});
  const Failed failed = failure(SetImage{"notes.jpg", Blob({'h', 'e', 'l', 'l', 'o'})});
  EXPECT_FALSE(failed.message.en.empty());
  EXPECT_FALSE(failed.message.zh.empty());
  const auto after = answer<ForwardDone>(Forward{});
  EXPECT_EQ(std::memcmp(before.logits.data(), after.logits.data(), before.logits.size()), 0);
}

TEST_F(EngineTest, ThreadsGiveTheSameAnswer) {
  OPEN_NETWORK_OR_SKIP();
  const auto one = answer<ForwardDone>(Forward{});
  answer<Done>(SetThreads{2});
  answer<ImageReady>(SetPixels{disc_picture()});
  const auto two = answer<ForwardDone>(Forward{});
  for (size_t i = 0; i < 1000; ++i)
    EXPECT_NEAR(one.logits.floats()[i], two.logits.floats()[i], 1e-4);
}

}  // namespace
}  // namespace convscope
