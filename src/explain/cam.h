// What the class activation map family shares: activation and gradient of one layer, the map that
// is made of them, and the way it is shown. A raw map has the layer's height × width.
#pragma once

#include <functional>

#include "explain/attribution.h"
#include "method/method.h"

namespace convscope {

// A layer of the network on one picture: pixels × channels.
struct LayerState {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<float> activation;  // A
  std::vector<float> gradient;    // G = ∂logit/∂A; empty where it was not asked for
  double score = 0;               // the logit

  size_t pixels() const { return static_cast<size_t>(height * width); }
  float a(size_t pixel, size_t channel) const {
    return activation[pixel * static_cast<size_t>(channels) + channel];
  }
  float g(size_t pixel, size_t channel) const {
    return gradient[pixel * static_cast<size_t>(channels) + channel];
  }
};

// Of any layer; one that is no picture any more is a row of places. With a gradient `unsupported`
// where the logit does not depend on the layer.
Result<LayerState> layer_values(const MethodContext& context, const ModelLayer& layer,
                                const Tensor& input, int32_t target, bool with_gradient);
// The same of a picture alone: `unsupported` for a layer that is none any more.
Result<LayerState> layer_state(const MethodContext& context, const ModelLayer& layer,
                               const Tensor& input, int32_t target, bool with_gradient);

// Grad-CAM's weights: each channel's gradient, averaged over the places.
std::vector<float> grad_cam_weights(const LayerState& state);
// Σ_c weights[c] · A_c of each pixel.
std::vector<float> weighted_sum(const LayerState& state, std::span<const float> weights);
// The rows (pixels) of a pixels × channels matrix, minus each column's mean, projected on its first
// right-singular vector. Its sign is chosen so that the largest absolute value is positive.
std::vector<float> first_component(std::span<const float> matrix, size_t pixels, size_t channels);

// Bilinear, between cell centres as cv2.resize (INTER_LINEAR), or between corners.
std::vector<float> upsampled(std::span<const float> map, int64_t height, int64_t width,
                             int64_t to_height, int64_t to_width, bool align_corners = false);
// (x − min) / (1e-7 + max − min), as pytorch-grad-cam's scale_cam_image.
void scale_to_unit(std::vector<float>& map);

// How a method makes its raw map, or what it weights: `weighted` (pixels × channels) is summed over
// channels, or its first component is taken where the request asks for "eigen_smooth".
struct RawMap {
  std::vector<float> map;       // used where it is not empty
  std::vector<float> weighted;  // pixels × channels
};
using RawMapOf = std::function<Result<RawMap>(const LayerState&)>;

// "aug_smooth" and, where a method weights channels, "eigen_smooth".
std::vector<ParameterInfo> cam_parameters(bool has_eigen_smooth = true);
// Whether a switch of these is on; false where the method does not have it.
bool is_on(const MethodInfo& info, const RunMethod& request, std::string_view id);

// The whole method from its raw map: rectified, scaled to 0…1, resized to the input, scaled again.
MethodRun cam_run(const MethodInfo& info, MethodContext context, RunMethod request, RawMapOf raw,
                  bool with_gradient = true);
// The same of a value that need not be a layer that people see.
MethodRun cam_run_at(const MethodInfo& info, MethodContext context, RunMethod request,
                     ModelLayer layer, RawMapOf raw, bool with_gradient);
// The part of it from the raw map on; also for methods that make it in many steps.
MethodPreview cam_preview(const MethodInfo& info, const MethodContext& context,
                          const LayerState& state, std::span<const float> raw, int32_t step,
                          int32_t steps);
// Why a raw map shows nothing, and what to try; empty where it shows something.
Text diagnose_cam(const MethodInfo& info, const Model& model, const LayerState& state,
                  std::span<const float> raw);

// One view of a method that makes its map in many steps, and its mean over the six views where
// "aug_smooth" asks for it: their steps follow each other.
using ViewRun = std::function<MethodRun(MethodContext, RunMethod)>;
MethodRun over_views(const MethodInfo& info, MethodContext context, RunMethod request,
                     ViewRun view);

// A_c · weights[c] at every pixel; its sum over channels or, with "eigen_smooth", its first
// component.
std::vector<float> weighted_activation(const LayerState& state, std::span<const float> weights);
std::vector<float> weighted_map(const MethodInfo& info, const RunMethod& request,
                                const LayerState& state, std::span<const float> weights);

}  // namespace convscope
