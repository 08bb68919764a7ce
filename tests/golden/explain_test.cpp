// Every attribution method with its default parameters against arrays made by PyTorch, Captum and
// pytorch-grad-cam from the same weights.
//
// Tolerances are those of the golden data's own notes: maps 1e-3 of the largest value; plain
// gradients (and means of them) relative L2 at most 2e-2 and cosine at least 0.9995, since a
// max-pool switch that flips between two orders of summation moves a whole receptive field.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/network.h"
#include "engine/suggestions.h"
#include "explain/registry.h"
#include "golden/golden_networks.h"
#include "golden/npz.h"

namespace convscope {
namespace {

#ifdef __EMSCRIPTEN__
constexpr int kSlowPhotos = 1;  // hundreds of forward passes each; the same code as natively
#else
constexpr int kSlowPhotos = 3;
#endif

enum class Kind { kMap, kGradient, kRectified };
struct Wanted {
  const char* method;
  const char* array;
  Kind kind = Kind::kMap;
  bool slow = false;
};
constexpr Wanted kWanted[] = {
    {"gradient", "gradient", Kind::kGradient},
    {"guided_backprop", "guided_backprop", Kind::kRectified},
    {"deconvnet", "deconvnet", Kind::kRectified},
    {"integrated_gradients", "integrated_gradients_50_gray", Kind::kGradient, true},
    {"smoothgrad", "smoothgrad_10", Kind::kGradient},
    {"occlusion", "occlusion_32_16_gray", Kind::kMap, true},
    {"grad_cam", "grad_cam"},
    {"grad_cam_pp", "grad_cam_pp"},
    {"xgrad_cam", "xgrad_cam"},
    {"hires_cam", "hires_cam"},
    {"layer_cam", "layer_cam"},
    {"eigen_cam", "eigen_cam"},
    {"eigen_grad_cam", "eigen_grad_cam"},
    {"score_cam", "score_cam", Kind::kMap, true},
    {"ablation_cam", "ablation_cam", Kind::kMap, true},
    {"layer_gradient_x_activation", "layer_gradient_x_activation", Kind::kGradient},
    {"conductance", "conductance_50", Kind::kGradient, true},
};

const Method& method_named(std::string_view id) {
  for (const Method& method : explain_methods()) {
    if (method.info().id == id) return method;
  }
  CHECK(false);
}

class Explanations : public GoldenNetworks {
 protected:
  // The last preview of a run; as the engine runs it.
  MethodPreview result_of(RunMethod request) {
    const Method& method = method_named(request.method);
    const MethodInfo& info = method.info();
    if (info.needs_layer && request.layer.empty())
      request.layer = suggested_layer(network_->model(), info.id);
    request.seed = info.seed;
    if (request.target < 0) request.target = *network_->first_answer();
    const Status checked = check_request(info, request, network_->model());
    EXPECT_TRUE(checked.has_value()) << checked.error().message;
    MethodRun run = method.run(*network_->method_context(info.id, false, 1), request);
    while (run.next()) {
    }
    EXPECT_TRUE(run.result().has_value()) << run.result().error().message;
    return run.result() ? *run.result() : MethodPreview{};
  }
  std::vector<float> values_of(const MethodPreview& preview) {
    const Blob& blob = preview.attribution ? preview.attribution->values : preview.map->values;
    return {blob.floats(), blob.floats() + blob.float_count()};
  }
};

void expect_map(std::span<const float> got, std::span<const float> want, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  float largest = 0, worst = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    largest = std::max(largest, std::abs(want[i]));
    worst = std::max(worst, std::abs(got[i] - want[i]));
  }
  std::printf("  %s: worst %.2e of %.3g\n", what.c_str(), double(worst), double(largest));
  EXPECT_LE(worst, 1e-3f * largest) << what;
}

void expect_rectified(std::span<const float> got, std::span<const float> want,
                      const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  float largest = 0;
  for (const float value : want) largest = std::max(largest, std::abs(value));
  size_t off = 0;
  for (size_t i = 0; i < want.size(); ++i) off += std::abs(got[i] - want[i]) > 1e-3f * largest;
  if (largest == 0) {
    EXPECT_EQ(off, 0u) << what;
    return;
  }
  const double l2 = compare(got, want).relative_l2;
  std::printf("  %s: relative L2 %.2e, %zu of %zu values off\n", what.c_str(), l2, off,
              want.size());
  EXPECT_LE(off, want.size() / 1000) << what;
  EXPECT_LE(l2, 2e-2) << what;
}

void expect_kind(Kind kind, std::span<const float> got, std::span<const float> want,
                 const std::string& what) {
  if (kind == Kind::kMap) expect_map(got, want, what);
  if (kind == Kind::kGradient) expect_gradient(got, want, 2e-2, 0.9995, what);
  if (kind == Kind::kRectified) expect_rectified(got, want, what);
}

TEST_P(Explanations, FirstSet) {
  const GoldenNetwork& c = GetParam();
  for (int photo = 0; photo < 3; ++photo) {
    const auto npz = Npz::golden(c.golden + std::to_string(photo) + ".npz");
    if (!npz) GTEST_SKIP() << "no golden data; set CONVSCOPE_SHARED";
    SCOPED_TRACE(std::string(c.golden) + std::to_string(photo));
    const GoldenArray pixels = npz->array("image_u8");
    show(pixels, pixels.shape[0], pixels.shape[1]);
    for (const Wanted& wanted : kWanted) {
      if ((wanted.slow && photo >= kSlowPhotos) || !npz->has(wanted.array)) continue;
      const MethodPreview got = result_of({.method = wanted.method});
      const std::vector<float> want = npz->array(wanted.array).values;
      // The library leaves the sign of a singular vector to chance; here it is fixed.
      if (std::string_view(wanted.method).starts_with("eigen") && c.opposite_eigen_sign == photo) {
        EXPECT_NEAR(got.map->maximum, 1, 1e-5f);
        continue;
      }
      expect_kind(wanted.kind, values_of(got), want, wanted.method);
    }
  }
}

TEST_P(Explanations, OneUnitOfALayer) {
  const GoldenNetwork& c = GetParam();
  const auto npz = Npz::golden(std::string(c.golden) + "0.npz");
  if (!npz) GTEST_SKIP() << "no golden data; set CONVSCOPE_SHARED";
  const GoldenArray pixels = npz->array("image_u8");
  show(pixels, pixels.shape[0], pixels.shape[1]);
  const std::string layer = c.dream;
  const std::vector<float> unit = npz->array("unit." + layer).values;  // channel, row, column
  for (const auto& [method, array] :
       {std::pair{"guided_backprop", "unit_guided."}, {"deconvnet", "unit_deconv."}}) {
    const MethodPreview got =
        result_of({.method = method, .layer = layer, .channels = {static_cast<int32_t>(unit[0])}});
    ASSERT_GE(got.figures.size(), 3u);
    for (size_t i = 0; i < 3; ++i)
      EXPECT_EQ(got.figures[i].value, double{unit[i]}) << got.figures[i].title.en;
    expect_rectified(values_of(got), npz->array(array + layer).values, array + layer);
  }
}

// Definitions that differ from the defaults: 20 steps, and zero after preprocessing in the place of
// gray.
TEST_P(Explanations, SecondSet) {
  const GoldenNetwork& c = GetParam();
  const auto common = Npz::golden(std::string(c.golden2) + "_common.npz");
  if (!common) GTEST_SKIP() << "no golden data; set CONVSCOPE_SHARED";
  const GoldenArray images = common->array("images_u8");
  for (int photo = 0; photo < kSlowPhotos; ++photo) {
    const auto npz = Npz::golden(std::string(c.golden2) + "_img" + std::to_string(photo) + ".npz");
    ASSERT_TRUE(npz.has_value());
    SCOPED_TRACE(std::string(c.golden2) + std::to_string(photo));
    const int64_t height = images.shape[1], width = images.shape[2];
    show(images, height, width, static_cast<size_t>(photo * height * width * 3));
    // Either whole or samples of it, in N × C × H × W.
    const auto compare = [&](const std::string& array, const MethodPreview& got, Kind kind) {
      std::vector<float> values = values_of(got);
      if (got.attribution) values = chw_from_hwc(values, 3);
      std::vector<float> want;
      if (npz->has(array)) {
        want = npz->array(array).values;
      } else {
        want = npz->array(array + ".val").values;
        std::vector<float> sampled;
        for (const float i : npz->array(array + ".idx").values)
          sampled.push_back(values[static_cast<size_t>(i)]);
        values = std::move(sampled);
      }
      expect_kind(kind, values, want, array);
    };
    const double zero = 5;
    compare("guided", result_of({.method = "guided_backprop"}), Kind::kRectified);
    compare("deconv", result_of({.method = "deconvnet"}), Kind::kRectified);
    compare("occlusion_map", result_of({.method = "occlusion", .parameters = {{"baseline", zero}}}),
            Kind::kMap);
    compare("ig_gausslegendre20",
            result_of({.method = "integrated_gradients",
                       .parameters = {{"baseline", zero}, {"steps", 20}}}),
            Kind::kGradient);
    for (const auto& [method, name] : {std::pair{"grad_cam", "GradCAM"},
                                       {"grad_cam_pp", "GradCAMPlusPlus"},
                                       {"xgrad_cam", "XGradCAM"}}) {
      const MethodPreview got = result_of({.method = method});
      compare(std::string("cam/") + name + ".final", got, Kind::kMap);
      // Before ReLU and scaling, as the figures have it.
      const std::vector<float> raw = npz->array("cam/" + std::string(name) + ".raw").values;
      const auto [low, high] = std::ranges::minmax(raw);
      const float largest = std::max(std::abs(low), std::abs(high));
      for (const Figure& figure : got.figures) {
        if (figure.title.en == "Lowest value before scaling")
          EXPECT_NEAR(figure.value, double{low}, 1e-3 * double{largest}) << name;
        if (figure.title.en == "Highest value before scaling")
          EXPECT_NEAR(figure.value, double{high}, 1e-3 * double{largest}) << name;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Explanations, testing::ValuesIn(kGoldenNetworks),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace convscope
