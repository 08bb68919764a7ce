// Every attribution method with its default parameters against arrays made by PyTorch, Captum and
// pytorch-grad-cam from the same weights.
//
// Tolerances are those of the golden data's own notes: maps 1e-3 of the largest value; plain
// gradients (and means of them) relative L2 at most 2e-2 and cosine at least 0.9995, since a
// max-pool switch that flips between two orders of summation moves a whole receptive field.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "golden/explained_picture.h"
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

class Explanations : public GoldenNetworks {
 protected:
  MethodPreview result_of(RunMethod request) {
    return ExplainedPicture{.network = network_.get()}.result_of(std::move(request));
  }
};

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
  if (kind == Kind::kMap) expect_within(got, want, 1e-3, what);
  if (kind == Kind::kGradient) expect_gradient(got, want, 2e-2, 0.9995, what);
  if (kind == Kind::kRectified) expect_rectified(got, want, what);
}

// A singular vector's map, whose sign the library leaves to chance while here it is fixed: either
// the map of the method, or what is shown of the same component with the other sign.
void expect_eigen(const ExplainedPicture& p, const std::string& method,
                  std::span<const float> want) {
  const std::vector<float> got = values_of(p.result_of({.method = method}));
  if (compare(got, want).cosine > 0.9) return expect_within(got, want, 1e-3, method);
  const bool with_gradient = method == "eigen_grad_cam";
  const LayerState state = p.state(method, with_gradient);
  std::vector<float> component = state.activation;
  for (size_t i = 0; i < component.size(); ++i)
    component[i] *= with_gradient ? state.gradient[i] : 1;
  component = first_component(component, state.pixels(), static_cast<size_t>(state.channels));
  const Shape input = p.context(method).input.shape();
  expect_within(got, shown_map(component, state, input), 1e-5, method + " of its component");
  for (float& value : component) value = -value;
  expect_within(shown_map(component, state, input), want, 1e-3, method + ", opposite sign");
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
      const std::vector<float> want = npz->array(wanted.array).values;
      if (std::string_view(wanted.method).starts_with("eigen")) {
        expect_eigen({.network = network_.get()}, wanted.method, want);
        continue;
      }
      const MethodPreview got = result_of({.method = wanted.method});
      expect_kind(wanted.kind, values_of(got), want, wanted.method);
      if (wanted.method != std::string_view("smoothgrad")) continue;
      const double sigma = double{npz->array("smoothgrad_sigma").values[0]};
      EXPECT_NEAR(got.figures.back().value, sigma, 1e-6 * sigma) << got.figures.back().title.en;
    }
  }
}

TEST_P(Explanations, OneUnitOfALayer) {
  const GoldenNetwork& c = GetParam();
  for (int photo = 0; photo < 3; ++photo) {
    const auto npz = Npz::golden(c.golden + std::to_string(photo) + ".npz");
    if (!npz) GTEST_SKIP() << "no golden data; set CONVSCOPE_SHARED";
    SCOPED_TRACE(std::string(c.golden) + std::to_string(photo));
    const GoldenArray pixels = npz->array("image_u8");
    show(pixels, pixels.shape[0], pixels.shape[1]);
    const std::string layer = c.dream;
    const std::vector<float> unit = npz->array("unit." + layer).values;  // channel, row, column
    for (const auto& [method, array] :
         {std::pair{"guided_backprop", "unit_guided."}, {"deconvnet", "unit_deconv."}}) {
      const MethodPreview got = result_of(
          {.method = method, .layer = layer, .channels = {static_cast<int32_t>(unit[0])}});
      ASSERT_GE(got.figures.size(), 3u);
      for (size_t i = 0; i < 3; ++i)
        EXPECT_EQ(got.figures[i].value, double{unit[i]}) << got.figures[i].title.en;
      expect_rectified(values_of(got), npz->array(array + layer).values, array + layer);
    }
  }
}

// Definitions that differ from the defaults: 20 steps, and zero after preprocessing in the place of
// gray.
TEST_P(Explanations, SecondSet) {
  const GoldenNetwork& c = GetParam();
  const auto common = Npz::golden(std::string(c.golden2) + "_common.npz");
  if (!common) GTEST_SKIP() << "no golden data; set CONVSCOPE_SHARED";
  constexpr double kZero = 5;
  const GoldenArray images = common->array("images_u8");
  for (int photo = 0; photo < 3; ++photo) {
    const auto npz = Npz::golden(std::string(c.golden2) + "_img" + std::to_string(photo) + ".npz");
    ASSERT_TRUE(npz.has_value());
    SCOPED_TRACE(std::string(c.golden2) + std::to_string(photo));
    const int64_t height = images.shape[1], width = images.shape[2];
    show(images, height, width, static_cast<size_t>(photo * height * width * 3));
    const ExplainedPicture p{.network = network_.get()};
    EXPECT_EQ(static_cast<float>(p.class_index()), npz->array("target").values[0]);
    for (const auto& [method, array] :
         {std::pair{"guided_backprop", "guided"}, {"deconvnet", "deconv"}}) {
      const std::vector<float> got = values_of(p.result_of({.method = method}));
      const Matched m = matched(*npz, array, chw_from_hwc(got, 3));
      expect_rectified(m.got, m.want, array);
      expect_stats(*npz, array, got, 2e-2);
    }
    for (const auto& [method, array] : {std::pair{"grad_cam", "cam/GradCAM"},
                                        {"grad_cam_pp", "cam/GradCAMPlusPlus"},
                                        {"xgrad_cam", "cam/XGradCAM"}})
      expect_cam(p, *npz, method, array, {});
    expect_eigen_cam(p, *npz, {});
    expect_smoothgrad(p, *npz, *common, {});
    if (photo >= kSlowPhotos) continue;
    expect_occlusion(p, *npz, 32, kZero, {});
    expect_integrated_gradients(p, *npz, kZero, {});
    if (photo > 0) continue;
    // 32 more gradients, of the same kind as the 20 above: one photo's are enough.
    expect_riemann_sum(p, *npz, 0, {});
    // Of the other photos there are none. Score-CAM, a pass for each of 512 and 1280 channels, is
    // that of the first set and stays there; TinyVGG's of this set is compared whole.
    expect_cam(p, *npz, "ablation_cam", "cam/AblationCAM", {});
  }
}

INSTANTIATE_TEST_SUITE_P(All, Explanations, testing::ValuesIn(kGoldenNetworks),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace convscope
