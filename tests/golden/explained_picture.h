// One picture before one network, explained as the engine does it, and the arrays of the second set
// of golden data that hold for it.
#pragma once

#include <optional>

#include "explain/cam.h"
#include "golden/golden_networks.h"

namespace convscope {

struct ExplainedPicture {
  Network* network;
  std::string layer = {};            // of methods that want one; empty: the one that is suggested
  int32_t target = -1;               // -1: the network's first answer
  std::optional<Tensor> input = {};  // in the place of what the network sees

  MethodContext context(std::string_view method) const;
  // The last preview of a run.
  MethodPreview result_of(RunMethod request) const;
  const ModelLayer& layer_of(std::string_view method) const;
  // Activation, and gradient where it is asked for, of the layer of a method.
  LayerState state(std::string_view method, bool with_gradient) const;
  int32_t class_index() const { return target < 0 ? *network->first_answer() : target; }
};

// The map, or every colour as H×W×C.
std::vector<float> values_of(const MethodPreview& preview);

// Rectified, scaled, enlarged, scaled again: what a map before all that is shown as.
std::vector<float> shown_map(std::span<const float> raw, const LayerState& state,
                             const Shape& input);

// How far apart two correct programs may be.
struct Tolerances {
  double l2 = 3e-2, cosine = 0.999;  // of derivatives
  double map = 1e-3;                 // of the largest value
};

// An array of the second set is stored whole, or as samples at flat indices (.idx, .val).
struct Matched {
  std::vector<float> got, want;
};
Matched matched(const Npz& npz, const std::string& key, std::span<const float> got);
// An array's mean, standard deviation, lowest, highest and, where it is there, L2 norm.
void expect_stats(const Npz& npz, const std::string& key, std::span<const float> got,
                  double tolerance);

// Of derivatives to the input, given as H×W×C.
void expect_derivative(const Npz& npz, const std::string& key, std::span<const float> got,
                       const Tolerances& within);
// `got` is H×W×C (or C alone).
void expect_activation(const Npz& npz, const std::string& value, const Tensor& got);
void expect_gram(const Npz& npz, const std::string& value, const Tensor& activation);
// mean(a²), its gradient to the input, and the input one step of 1.5 of 255 further.
void expect_dream(const ExplainedPicture& p, const Npz& npz, const std::string& layer,
                  float standard_deviation, const Tolerances& within);

// Grad-CAM and the like at `key` ("cam/GradCAM"): the weights' sum, that before rectifying, the
// map.
void expect_cam(const ExplainedPicture& p, const Npz& npz, const std::string& method,
                const std::string& key, const Tolerances& within);
// The sign of a singular vector is chance there and fixed here.
void expect_eigen_cam(const ExplainedPicture& p, const Npz& npz, const Tolerances& within);

// The fall of every window, and what a pixel gets of it; baseline: a choice of the parameter.
void expect_occlusion(const ExplainedPicture& p, const Npz& npz, int window, double baseline,
                      const Tolerances& within);
// With 20 Gauss-Legendre steps; the score here and at the baseline.
void expect_integrated_gradients(const ExplainedPicture& p, const Npz& npz, double baseline,
                                 const Tolerances& within);
// The mean of gradients at the midpoints of 32 even steps, times the way from an even `gray`.
void expect_riemann_sum(const ExplainedPicture& p, const Npz& npz, float gray,
                        const Tolerances& within);
// The mean of gradients at the input plus the stored noise of `<network>_common.npz`.
void expect_smoothgrad(const ExplainedPicture& p, const Npz& npz, const Npz& common,
                       const Tolerances& within);

}  // namespace convscope
