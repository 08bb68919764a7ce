// What is said of maps that show nothing, and the two smoothings and the compared pictures that
// several methods share, against their definitions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/rng.h"
#include "engine/network.h"
#include "explain/cam.h"
#include "explain/gradient_program.h"
#include "explain/registry.h"
#include "method/diagnosis.h"
#include "unit/onnx_test_files.h"

namespace convscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                kInf = std::numeric_limits<float>::infinity();

const Method& named(std::string_view id) {
  for (const Method& method : explain_methods()) {
    if (method.info().id == id) return method;
  }
  CHECK(false);
}

// Nothing where `words` is empty, else words that contain it, in both languages.
void expect_words(const Text& got, std::string_view words, const std::string& what) {
  if (words.empty()) {
    EXPECT_EQ(got.en, "") << what;
    EXPECT_EQ(got.zh, "") << what;
    return;
  }
  EXPECT_NE(got.en.find(words), std::string::npos) << what << ": " << got.en;
  EXPECT_FALSE(got.zh.empty()) << what;
}

constexpr std::string_view kNotFinite = "not finite numbers", kHeld = "held at zero by a ReLU",
                           kAnyZero = "no place of the picture counts",
                           kSlopeZero = "the slope of this class’s score is zero at every pixel",
                           kAlike = "the same value everywhere",
                           kAgainst = "No place speaks for this class",
                           kDarker = "No value of the map is positive",
                           kNoEvidence = "no positive evidence for this class at this layer";

TEST(Diagnosis, OfMapsByWhatTheyHold) {
  struct Case {
    std::string name;
    std::vector<float> values;
    bool is_signed;
    MapFault fault;
    std::string_view other, evidence, slope;
  };
  const float above = std::nextafter(0.3f, 1.0f);
  const std::vector<Case> cases = {
      {"usual", {0, 1, 0.5f}, false, MapFault::kNone, "", "", ""},
      {"both signs", {-1, 0, 1}, true, MapFault::kNone, "", "", ""},
      {"hardly positive", {-1, 0, 1e-9f}, true, MapFault::kNone, "", "", ""},
      {"blank", {0, 0, 0}, false, MapFault::kZero, kAnyZero, kAnyZero, kSlopeZero},
      {"blank, signed", {0, -0.0f, 0}, true, MapFault::kZero, kAnyZero, kAnyZero, kSlopeZero},
      {"constant", {2, 2, 2}, false, MapFault::kConstant, kAlike, kAlike, kAlike},
      {"but for rounding", {0.3f, above, 0.3f}, true, MapFault::kConstant, kAlike, kAlike, kAlike},
      {"constant, against", {-2, -2, -2}, true, MapFault::kConstant, kAlike, kAgainst, kAlike},
      {"NaN", {0, kNan, 1}, false, MapFault::kNotFinite, kNotFinite, kNotFinite, kNotFinite},
      {"NaN first", {kNan, 0, 0}, true, MapFault::kNotFinite, kNotFinite, kNotFinite, kNotFinite},
      {"only NaN", {kNan, kNan}, true, MapFault::kNotFinite, kNotFinite, kNotFinite, kNotFinite},
      {"infinite", {0, kInf, 1}, false, MapFault::kNotFinite, kNotFinite, kNotFinite, kNotFinite},
      {"minus infinite",
       {-kInf, 0},
       true,
       MapFault::kNotFinite,
       kNotFinite,
       kNotFinite,
       kNotFinite},
      {"against", {-3, -1, -2}, true, MapFault::kNegative, "", kAgainst, kDarker},
      {"against or nothing", {-3, 0, 0}, true, MapFault::kNegative, "", kAgainst, kDarker},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(fault_of(c.values, c.is_signed), c.fault) << c.name;
    const Map map = make_map(1, static_cast<int64_t>(c.values.size()), c.values, c.is_signed, "");
    EXPECT_EQ(is_blank(map), c.fault == MapFault::kZero) << c.name;
    EXPECT_TRUE(std::isfinite(map.minimum) && std::isfinite(map.maximum)) << c.name;
    expect_words(diagnose_map(map), c.other, c.name);
    expect_words(diagnose_map(map, MapShows::kEvidence), c.evidence, c.name);
    expect_words(diagnose_map(map, MapShows::kSlope), c.slope, c.name);
    // The ReLU is named only where it was found, and only for what is blank.
    for (const MapShows shows : {MapShows::kOther, MapShows::kEvidence, MapShows::kSlope}) {
      EXPECT_EQ(diagnose_map(map, shows).en.find("ReLU"), std::string::npos) << c.name;
      EXPECT_EQ(diagnose_map(map, shows, true).en.find(kHeld) != std::string::npos,
                c.fault == MapFault::kZero)
          << c.name;
    }
  }
  const std::vector<float> mixed = {kNan, -2, kInf, 3};
  const Map map = make_map(2, 2, mixed, true, "");
  EXPECT_EQ(map.minimum, -2);
  EXPECT_EQ(map.maximum, 3);
  const std::vector<float> quarter = {-0.25f, -0.25f};
  expect_words(diagnose_map(make_map(1, 2, quarter, true, "")), "(-0.25)", "its value");
}

// Two convolutions; the second one's channels, averaged, go through a linear layer into three
// classes.
OnnxFile network_of(const std::vector<float>& w1, const std::vector<float>& w2,
                    const std::vector<float>& b2, const std::vector<float>& fc) {
  OnnxFile out = gray_onnx();
  out.initializers = {onnx_tensor("w1", {4, 1, 3, 3}, w1), onnx_tensor("w2", {6, 4, 3, 3}, w2),
                      onnx_tensor("b2", {6}, b2), onnx_tensor("fc", {3, 6}, fc)};
  out.nodes[2] =
      onnx_node("Conv", "second", {"r1", "w2", "b2"}, {"c2"}, {onnx_ints("pads", {1, 1, 1, 1})});
  return out;
}

// Classes for, against and without any regard to what the six channels find.
std::vector<float> for_against_neither() {
  std::vector<float> out(18);
  for (size_t i = 0; i < 6; ++i) out[i] = 0.1f * static_cast<float>(i + 1), out[6 + i] = -out[i];
  return out;
}
OnnxFile positive_onnx() {
  return network_of(std::vector<float>(36, 0.1f), onnx_ramp(216, 0.05f),
                    std::vector<float>(6, 0.0f), for_against_neither());
}
// The second layer is the same at every place.
OnnxFile constant_onnx() {
  return network_of(std::vector<float>(36, 0.1f), std::vector<float>(216), {1, 2, 3, 4, 5, 6},
                    for_against_neither());
}
// As SqueezeNet: a ReLU and the average end the network. The last class's cells are all off.
OnnxFile rectified_onnx() {
  OnnxFile out = gray_onnx();
  out.initializers = {onnx_tensor("w1", {4, 1, 3, 3}, onnx_ramp(36, 0.1f)),
                      onnx_tensor("w2", {3, 4, 3, 3}, std::vector<float>(108, 0.05f)),
                      onnx_tensor("b2", {3}, {0, 0.5f, -1e6f})};
  out.nodes[2] =
      onnx_node("Conv", "second", {"r1", "w2", "b2"}, {"c2"}, {onnx_ints("pads", {1, 1, 1, 1})});
  out.nodes[5] = onnx_node("Flatten", "flatten", {"p"}, {"y"});
  out.nodes.pop_back();
  return out;
}

using Said = std::pair<std::string, std::string_view>;  // a method's id, its words

class MapDiagnosis : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(initialise_kernels().has_value());
    pool_ = ThreadPool::create(1);
    open(positive_onnx());
  }
  void open(const OnnxFile& file, int width = 20, int height = 12, int period = 251) {
    auto model = load_model("small", "onnx", file.bytes());
    ASSERT_TRUE(model.has_value()) << model.error().message;
    network_ = std::make_unique<Network>(*std::move(model), pool_.get());
    Image picture(width, height);
    for (size_t i = 0; i < picture.rgb.size(); ++i)
      picture.rgb[i] = static_cast<uint8_t>(5 + static_cast<int>(i / 3) * 37 % period);
    ASSERT_TRUE(network_->set_picture(std::make_shared<Image>(picture), true).has_value());
  }
  MethodContext context() { return *network_->method_context("x", false, 1); }
  LayerState second(int32_t target) {
    const MethodContext c = context();
    return *layer_state(c, *network_->model().find_layer("second"), c.input, target, true);
  }
  MethodPreview run(MethodContext on, RunMethod request, int* previews = nullptr) {
    const MethodInfo& info = named(request.method).info();
    if (info.needs_layer && request.layer.empty()) request.layer = "second";
    MethodRun made = named(request.method).run(std::move(on), request);
    int32_t step = 0;
    while (made.next()) {
      EXPECT_GE(made.preview().step, step) << request.method;
      EXPECT_LE(made.preview().step, made.preview().steps) << request.method;
      step = made.preview().step;
      if (previews != nullptr) ++*previews;
    }
    EXPECT_TRUE(made.result().has_value()) << request.method;
    return made.result() ? *made.result() : MethodPreview{};
  }
  MethodPreview run(RunMethod request) { return run(context(), std::move(request)); }
  // As the engine says it.
  Text said(RunMethod request) {
    const MethodPreview made = run(std::move(request));
    return made.diagnosis.en.empty() ? diagnose_map(*made.map) : made.diagnosis;
  }
  static std::vector<float> map_of(const MethodPreview& made) {
    return {made.map->values.floats(), made.map->values.floats() + made.map->values.float_count()};
  }

  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Network> network_;
};

TEST_F(MapDiagnosis, OfRawClassActivationMaps) {
  const Model& model = network_->model();
  LayerState usual{1, 2, 2, {1, 0, 2, 3}, {0.5f, 1, 0.5f, 1}, 3}, silent = usual, deaf = usual;
  std::ranges::fill(silent.activation, 0.0f);
  std::ranges::fill(deaf.gradient, 0.0f);
  struct Case {
    std::string name;
    const LayerState* state;
    std::vector<float> raw;
    std::string_view words;
  };
  const std::vector<Case> cases = {
      {"usual", &usual, {-1, 2}, ""},
      {"silent", &silent, {0, 0}, "this layer is silent"},
      {"deaf", &deaf, {0, 0}, "no small change of this layer moves"},
      {"cancelled", &usual, {0, 0}, "cancel out"},
      {"constant", &usual, {0.5f, 0.5f}, "the same value at every place (0.5)"},
      {"negative", &usual, {-1, -2}, kNoEvidence},
      {"negative or zero", &usual, {-1, 0}, kNoEvidence},
      {"constant, negative", &usual, {-1, -1}, kNoEvidence},
      {"NaN", &usual, {kNan, 1}, kNotFinite},
      {"NaN last", &usual, {-1, kNan}, kNotFinite},
  };
  for (const std::string id : {"grad_cam", "hires_cam", "cam", "score_cam", "eigen_grad_cam"}) {
    const MethodInfo& info = named(id).info();
    for (const Case& c : cases) {
      const Text got = diagnose_cam(info, model, *c.state, c.raw);
      expect_words(got, c.words, id + " " + c.name);
      EXPECT_EQ(got.en.find("ReLU"), std::string::npos) << id << " " << c.name;
    }
    // Nobody is sent where they are.
    const Text advice = diagnose_cam(info, model, usual, std::vector<float>{-1, -2});
    EXPECT_EQ(advice.en.find(info.title.en), std::string::npos) << advice.en;
    EXPECT_EQ(advice.en.find("HiResCAM") == std::string::npos, id == "hires_cam") << advice.en;
  }
  const Text random =
      diagnose_cam(named("random_cam").info(), model, usual, std::vector<float>{-1, -2});
  expect_words(random, "Another seed", "random_cam");
  EXPECT_EQ(random.en.find("class"), std::string::npos);
}

TEST_F(MapDiagnosis, NamesTheReluOnlyWhereItHoldsTheScore) {
  EXPECT_FALSE(score_is_held_at_zero(network_->model(), 0));
  open(rectified_onnx());
  EXPECT_TRUE(score_is_held_at_zero(network_->model(), 0));
  EXPECT_FALSE(score_is_held_at_zero(network_->model(), 1e-9));
  EXPECT_FALSE(score_is_held_at_zero(network_->model(), double{kNan}));
  for (const std::string id :
       {"gradient", "input_x_gradient", "guided_backprop", "grad_cam", "hires_cam",
        "guided_grad_cam", "layer_contributions", "cam", "ablation_cam"}) {
    const std::string layer = named(id).info().needs_layer ? "first" : "";
    expect_words(said({.method = id, .target = 2, .layer = layer}), kHeld, id);
    expect_words(said({.method = id, .target = 1, .layer = layer}), "", id);
  }
  // Others are blank too, and say what they know.
  for (const auto& [id, words] : std::vector<Said>{{"occlusion", "keeps exactly its score"},
                                                   {"integrated_gradients", kAnyZero},
                                                   {"smoothgrad", kAnyZero},
                                                   {"deconvnet", ""}}) {
    const Text got = said({.method = id, .target = 2});
    if (!words.empty()) expect_words(got, words, id);
    EXPECT_EQ(got.en.find(kHeld), std::string::npos) << id;
  }
}

// A class without weights: the slope is zero, and no ReLU is to blame.
TEST_F(MapDiagnosis, OfAClassThatNothingMoves) {
  for (const auto& [id, words] :
       std::vector<Said>{{"gradient", kSlopeZero},
                         {"input_x_gradient", kAnyZero},
                         {"integrated_gradients", kAnyZero},
                         {"occlusion", "keeps exactly its score"},
                         {"guided_backprop", "on the way down"},
                         {"grad_cam", "no small change of this layer moves"},
                         {"hires_cam", "no small change of this layer moves"},
                         {"guided_grad_cam", "no small change of this layer moves"},
                         {"cam", "cancel out"},
                         {"ablation_cam", "cancel out"},
                         {"layer_gradient_x_activation", "adds nothing"},
                         {"layer_contributions", kAnyZero}}) {
    expect_words(said({.method = id, .target = 2}), words, id);
    // The patch covers all of so small a picture, whose class then falls everywhere alike.
    expect_words(said({.method = id, .target = 0}), id == "occlusion" ? kAlike : "", id);
  }
  // Nothing may change.
  expect_words(
      said({.method = "adversarial", .target = 0, .parameters = {{"epsilon", 0}, {"steps", 2}}}),
      "The picture is unchanged", "adversarial");
}

TEST_F(MapDiagnosis, OfAClassThatEverythingSpeaksAgainst) {
  open(network_of(std::vector<float>(36, 0.1f), std::vector<float>(216, 0.05f),
                  std::vector<float>(6, 0.0f), for_against_neither()));
  constexpr double kBlack = 1, kSum = 1;
  for (const auto& [request, words] : std::vector<std::pair<RunMethod, std::string_view>>{
           {{.method = "occlusion", .parameters = {{"baseline", kBlack}, {"window", 4}}}, kAgainst},
           {{.method = "integrated_gradients", .parameters = {{"baseline", kBlack}}}, kAgainst},
           {{.method = "layer_gradient_x_activation"}, kAgainst},
           {{.method = "conductance", .parameters = {{"baseline", kBlack}}}, kAgainst},
           {{.method = "gradient", .parameters = {{"colours", kSum}}}, kDarker},
           {{.method = "grad_cam"}, "Try HiResCAM, or an earlier layer"},
           {{.method = "hires_cam"}, "or occlusion"},
           {{.method = "cam"}, "Try HiResCAM at an earlier layer"},
           {{.method = "ablation_cam"}, kNoEvidence}}) {
    for (const int32_t target : {0, 1}) {
      RunMethod of = request;
      of.target = target;
      expect_words(said(of), target == 1 ? words : "", of.method + " " + std::to_string(target));
    }
  }
}

TEST_F(MapDiagnosis, OfALayerThatIsTheSameEverywhere) {
  open(constant_onnx());
  for (const std::string id : {"cam", "grad_cam", "hires_cam", "xgrad_cam", "score_cam"}) {
    const MethodPreview made = run({.method = id, .target = 0});
    EXPECT_TRUE(is_blank(*made.map)) << id;
    expect_words(made.diagnosis, "the same value at every place (", id);
  }
  for (const std::string id : {"cam", "grad_cam", "ablation_cam"})
    expect_words(said({.method = id, .target = 1, .parameters = {{"aug_smooth", 1}}}), kNoEvidence,
                 id);
  // Nothing is left of it but its mean.
  for (const double smooth : {0.0, 1.0}) {
    const MethodPreview made =
        run({.method = "eigen_cam", .target = 0, .parameters = {{"aug_smooth", smooth}}});
    EXPECT_TRUE(is_blank(*made.map));
    expect_words(made.diagnosis, "are the same at every place", "eigen_cam");
  }
  expect_words(said({.method = "grad_cam", .target = 0, .parameters = {{"eigen_smooth", 1}}}),
               "are the same at every place", "grad_cam");
  // What only rounding moves is blank as well, not blown up to a map.
  const MethodInfo& info = named("grad_cam").info();
  LayerState state = second(0);
  std::vector<float> raw(state.pixels(), 0.3f);
  raw[7] = std::nextafter(0.3f, 1.0f);
  EXPECT_TRUE(is_blank(*cam_preview(info, context(), state, raw, 1, 1).map));
}

// Finite weights and activations, whose products are not.
TEST_F(MapDiagnosis, OfNumbersThatOverflow) {
  open(network_of(std::vector<float>(36, 0.1f), std::vector<float>(216, 1000.0f),
                  std::vector<float>(6, 0.0f), std::vector<float>(18, 3e38f)));
  for (const std::string id : {"cam", "grad_cam", "hires_cam", "eigen_grad_cam", "ablation_cam",
                               "guided_grad_cam", "gradient", "occlusion"})
    expect_words(said({.method = id, .target = 0}), kNotFinite, id);
  expect_words(said({.method = "grad_cam", .target = 0, .parameters = {{"aug_smooth", 1}}}),
               kNotFinite, "six views");
}

TEST_F(MapDiagnosis, OfAMask) {
  for (const auto& [row, window, words] : std::vector<std::tuple<double, double, const char*>>{
           {0, 4, ""}, {100, 4, "outside the picture"}, {0, 256, "whole picture is covered"}}) {
    const std::vector<ParameterValue> place = {{"row", row}, {"window", window}};
    expect_words(said({.method = "occluded_picture", .target = 0, .parameters = place}), words,
                 words);
  }
}

// The eigenvector of the largest eigenvalue of a symmetric matrix, by Jacobi's rotations.
std::vector<double> leading_vector(std::vector<double> a, size_t n) {
  std::vector<double> v(n * n);
  for (size_t i = 0; i < n; ++i) v[i * n + i] = 1;
  for (int sweep = 0; sweep < 60; ++sweep) {
    for (size_t p = 0; p < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) {
        if (a[p * n + q] == 0) continue;
        const double theta = std::atan2(2 * a[p * n + q], a[q * n + q] - a[p * n + p]) / 2;
        const double c = std::cos(theta), s = std::sin(theta);
        for (size_t k = 0; k < n; ++k) {
          const double x = a[k * n + p], y = a[k * n + q];
          a[k * n + p] = c * x - s * y, a[k * n + q] = s * x + c * y;
        }
        for (size_t k = 0; k < n; ++k) {
          const double x = a[p * n + k], y = a[q * n + k];
          a[p * n + k] = c * x - s * y, a[q * n + k] = s * x + c * y;
        }
        for (size_t k = 0; k < n; ++k) {
          const double x = v[k * n + p], y = v[k * n + q];
          v[k * n + p] = c * x - s * y, v[k * n + q] = s * x + c * y;
        }
      }
    }
  }
  size_t best = 0;
  for (size_t i = 1; i < n; ++i) {
    if (a[i * n + i] > a[best * n + best]) best = i;
  }
  std::vector<double> out(n);
  for (size_t i = 0; i < n; ++i) out[i] = v[i * n + best];
  return out;
}

// pytorch-grad-cam's get_2d_projection of weights · activations; the sign as this page has it.
std::vector<float> projection_of(const LayerState& state, std::span<const double> weights) {
  const size_t n = weights.size(), pixels = state.pixels();
  std::vector<double> m(pixels * n), covariance(n * n);
  for (size_t c = 0; c < n; ++c) {
    double mean = 0;
    for (size_t p = 0; p < pixels; ++p)
      mean += (m[p * n + c] = weights[c] * double{state.a(p, c)}) / static_cast<double>(pixels);
    for (size_t p = 0; p < pixels; ++p) m[p * n + c] -= mean;
  }
  for (size_t p = 0; p < pixels; ++p) {
    for (size_t i = 0; i < n * n; ++i) covariance[i] += m[p * n + i / n] * m[p * n + i % n];
  }
  const std::vector<double> v = leading_vector(covariance, n);
  std::vector<float> out(pixels);
  for (size_t p = 0; p < pixels; ++p)
    out[p] = static_cast<float>(std::inner_product(v.begin(), v.end(), &m[p * n], 0.0));
  const auto [low, high] = std::ranges::minmax(out);
  if (-low > high) {
    for (float& x : out) x = -x;
  }
  return out;
}

TEST_F(MapDiagnosis, EigenSmoothIsTheFirstComponentOfTheWeightedActivation) {
  open(gray_onnx());
  const MethodContext on = context();
  const LayerState state = second(2);
  const auto channels = static_cast<size_t>(state.channels);
  const std::vector<float> slopes = grad_cam_weights(state);
  std::vector<double> grad(slopes.begin(), slopes.end()), zhou, fall, score;
  const std::vector<float> fc = onnx_ramp(18, 0.2f);
  Score logit = *Score::of(on, 2);
  for (size_t c = 0; c < channels; ++c) {
    zhou.push_back(double{fc[12 + c]});
    // Behind the average and a linear layer, a channel that goes takes its share of the score.
    double mean = 0;
    std::vector<float> plane(state.pixels());
    for (size_t p = 0; p < plane.size(); ++p)
      mean += double{plane[p] = state.a(p, c)} / static_cast<double>(plane.size());
    fall.push_back(double{fc[12 + c]} * mean / std::abs(state.score));
    // Score-CAM's stencil.
    std::vector<float> mask = upsampled(plane, state.height, state.width, 12, 20, true);
    const auto [low, high] = std::ranges::minmax(mask);
    Tensor masked = *on.input.clone();
    for (size_t p = 0; p < mask.size(); ++p)
      masked.values()[p] *= (mask[p] - low) / (high - low + 1e-8f);
    score.push_back(*logit.at(masked));
  }
  const double most = *std::ranges::max_element(score);
  double sum = 0;
  for (double& s : score) sum += s = std::exp(s - most);
  for (double& s : score) s /= sum;
  for (const auto& [id, weights] : std::vector<std::pair<std::string, std::vector<double>>>{
           {"cam", zhou}, {"grad_cam", grad}, {"ablation_cam", fall}, {"score_cam", score}}) {
    std::vector<float> want = projection_of(state, weights);
    for (float& x : want) x = std::max(x, 0.0f);
    scale_to_unit(want);
    want = upsampled(want, state.height, state.width, 12, 20);
    scale_to_unit(want);
    const auto got =
        map_of(run({.method = id, .target = 2, .layer = "", .parameters = {{"eigen_smooth", 1}}}));
    const auto plain = map_of(run({.method = id, .target = 2}));
    double furthest = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR(got[i], want[i], 1e-4f) << id << " " << i;
      furthest = std::max(furthest, double{std::abs(plain[i] - want[i])});
    }
    EXPECT_GT(furthest, 1e-3) << id;
  }
}

// ttach: the picture and its mirror image, each times 0.9, 1 and 1.1; the maps turned back.
TEST_F(MapDiagnosis, AugSmoothIsTheMeanOfSixRuns) {
  open(gray_onnx());
  const auto parameters = [](double aug, double eigen) {
    return std::vector<ParameterValue>{{"aug_smooth", aug}, {"eigen_smooth", eigen}};
  };
  for (const std::string id : {"cam", "grad_cam", "score_cam", "ablation_cam"}) {
    for (const double eigen : {0.0, 1.0}) {
      std::vector<double> want(12 * 20);
      int single = 0, all = 0;
      int32_t steps = 0;
      for (const bool mirrored : {false, true}) {
        for (const float factor : {0.9f, 1.0f, 1.1f}) {
          MethodContext view = context();
          Tensor input = *view.input.clone();
          const std::span<const float> x = view.input.values();
          for (size_t i = 0; i < 240; ++i)
            input.values()[i] = factor * (mirrored ? x[i / 20 * 20 + 19 - i % 20] : x[i]);
          view.input = std::move(input);
          const MethodPreview made =
              run(std::move(view), {.method = id, .target = 2, .parameters = parameters(0, eigen)},
                  &single);
          steps += made.steps;
          const auto map = map_of(made);
          for (size_t i = 0; i < 240; ++i)
            want[i] += double{map[mirrored ? i / 20 * 20 + 19 - i % 20 : i]} / 6;
        }
      }
      const MethodPreview made =
          run(context(), {.method = id, .target = 2, .parameters = parameters(1, eigen)}, &all);
      EXPECT_EQ(made.steps, steps) << id;
      EXPECT_EQ(made.step, steps) << id;
      EXPECT_EQ(all, single + 5) << id;  // and each view's end but the last
      const auto got = map_of(made);
      for (size_t i = 0; i < 240; ++i) ASSERT_NEAR(double{got[i]}, want[i], 1e-6) << id << " " << i;
      // The figures are the picture's own.
      const MethodPreview plain =
          run({.method = id, .target = 2, .parameters = parameters(0, eigen)});
      ASSERT_EQ(made.figures.size(), plain.figures.size());
      for (size_t i = 0; i < made.figures.size(); ++i)
        EXPECT_EQ(made.figures[i].value, plain.figures[i].value) << id;
    }
  }
}

// Links hold the numbers.
static_assert(int(Baseline::kGray) == 0 && int(Baseline::kBlack) == 1 &&
              int(Baseline::kWhite) == 2 && int(Baseline::kBlurred) == 3 &&
              int(Baseline::kNoise) == 4 && int(Baseline::kZero) == 5 && int(Baseline::kMean) == 6);

TEST_F(MapDiagnosis, EveryComparedPictureIsItsDefinition) {
  open(small_onnx(), 8, 8);
  const MethodContext on = context();
  const Preprocessing& bytes = on.model.preprocessing;
  const std::span<const float> x = on.input.values();
  ASSERT_EQ(x.size(), 192u);
  const auto picture = [&](Baseline kind, uint64_t seed = 1) {
    const Tensor made = *baseline_picture(on, kind, seed);
    return std::vector<float>(made.values().begin(), made.values().end());
  };
  for (const auto& [kind, byte] :
       {std::pair{Baseline::kGray, 128.0f}, {Baseline::kBlack, 0.0f}, {Baseline::kWhite, 255.0f}}) {
    const auto got = picture(kind);
    for (size_t i = 0; i < got.size(); ++i)
      ASSERT_EQ(got[i], bytes.value_of_byte(byte, static_cast<int>(i % 3))) << byte;
  }
  EXPECT_EQ(picture(Baseline::kZero), std::vector<float>(192));

  Rng rng(9);
  const auto noise = picture(Baseline::kNoise, 9);
  for (size_t i = 0; i < noise.size(); ++i) {
    ASSERT_EQ(noise[i],
              bytes.value_of_byte(static_cast<float>(rng.below(256)), static_cast<int>(i % 3)));
  }
  EXPECT_NE(noise, picture(Baseline::kNoise, 10));

  const auto mean = picture(Baseline::kMean);
  for (size_t c = 0; c < 3; ++c) {
    double sum = 0;
    for (size_t i = c; i < 192; i += 3) sum += double{x[i]};
    for (size_t i = c; i < 192; i += 3) ASSERT_EQ(mean[i], static_cast<float>(sum / 64));
  }

  // σ is an eighth of the shorter side, edges are repeated, and 2.5 σ is as far as it reaches.
  const auto blurred = picture(Baseline::kBlurred);
  for (int i = 0; i < 192; ++i) {
    const int row = i / 24, column = i / 3 % 8;
    double sum = 0, weight = 0;
    for (int dy = -3; dy <= 3; ++dy) {
      for (int dx = -3; dx <= 3; ++dx) {
        const double w = std::exp(-0.5 * (dx * dx + dy * dy));
        const int from =
            (std::clamp(row + dy, 0, 7) * 8 + std::clamp(column + dx, 0, 7)) * 3 + i % 3;
        sum += w * double{x[static_cast<size_t>(from)]}, weight += w;
      }
    }
    ASSERT_NEAR(double{blurred[static_cast<size_t>(i)]}, sum / weight,
                1e-5 * (1 + std::abs(sum / weight)));
  }
  MethodContext flat = context();
  flat.input = *baseline_picture(on, Baseline::kWhite, 1);
  const Tensor still_flat = *baseline_picture(flat, Baseline::kBlurred, 1);
  for (size_t i = 0; i < 192; ++i)
    ASSERT_NEAR(still_flat.values()[i], flat.input.values()[i],
                1e-5f * (1 + std::abs(flat.input.values()[i])));
}

// Covering everything with a cover is that picture.
TEST_F(MapDiagnosis, OcclusionCoversWithEveryComparedPicture) {
  open(small_onnx(), 8, 8);
  const ParameterInfo choice = baseline_parameter();
  ASSERT_EQ(choice.choices.size(), 7u);
  EXPECT_EQ(choice.choices[6].en, "mean colour of this picture");
  Score score = *Score::of(context(), 1);
  const double whole = *score.at(context().input);
  for (size_t kind = 0; kind < choice.choices.size(); ++kind) {
    EXPECT_FALSE(choice.choices[kind].zh.empty());
    const Tensor cover = *baseline_picture(context(), static_cast<Baseline>(kind), 3);
    const double covered = *score.at(cover), near = 1e-5 * (1 + std::abs(whole));
    const std::vector<ParameterValue> all = {{"baseline", static_cast<double>(kind)},
                                             {"window", 8}};
    const MethodPreview fall =
        run({.method = "occlusion", .target = 1, .seed = 3, .parameters = all});
    for (const float value : map_of(fall))
      ASSERT_NEAR(double{value}, whole - covered, near) << kind;
    const MethodPreview one =
        run({.method = "occluded_picture", .target = 1, .seed = 3, .parameters = all});
    EXPECT_NEAR(one.figures[0].value, covered, near) << kind;
    const MethodPreview gained = run({.method = "integrated_gradients",
                                      .target = 1,
                                      .seed = 3,
                                      .parameters = {{"baseline", static_cast<double>(kind)}}});
    EXPECT_NEAR(gained.figures[1].value, covered, near) << kind;
  }
}

}  // namespace
}  // namespace convscope
