// Score-CAM.
//
// Wang, Wang, Du, Yang, Zhang, Ding, Mardziel, Hu 2020, "Score-CAM: Score-Weighted Visual
// Explanations for Convolutional Neural Networks" (arXiv 1910.01279):
//   w_c = softmax over channels of S(x ⊙ up(A_c)),  up: enlarged to the picture and scaled to 0…1
// Departures: no baseline is subtracted, and the picture is masked after preprocessing
// (pytorch-grad-cam). Cost: one forward pass a channel, several at a time.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "explain/batch_score.h"
#include "explain/cam.h"
#include "explain/cam_methods.h"

namespace convscope {
namespace {

constexpr int64_t kAtOnce = 4;
constexpr float kScaleEpsilon = 1e-8f;

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "score_cam",
      .title = {"Score-CAM", "Score-CAM"},
      .intuition = {"No gradient: the picture is shown to the network through each channel’s map "
                    "as through a stencil. "
                    "The channels whose stencil keeps the class’s score high weigh most.",
                    "不用梯度：把每个通道的图当作镂空模板盖在图片上，再给网络看。模板盖上后类别分数"
                    "仍然高的通道，权重最大。"},
      .departures = {"No baseline is subtracted; the picture is masked after preprocessing.",
                     "不减去基线；遮罩在预处理之后施加。"},
      .equation = "w_c = softmax_c S(x ⊙ up(A_c)),  L = ReLU(Σ_c w_c A_c)",
      .citation = "Wang et al. 2020",
      .paper = "https://arxiv.org/abs/1910.01279",
      .source = "src/explain/score_cam.cpp",
      .takes_layer = true,
      .needs_layer = true,
      .parameters = cam_parameters(),
  };
  return kInfo;
}

std::vector<float> stencil(const LayerState& state, size_t channel, const Shape& input) {
  std::vector<float> plane(state.pixels());
  for (size_t p = 0; p < plane.size(); ++p) plane[p] = state.a(p, channel);
  std::vector<float> out =
      upsampled(plane, state.height, state.width, input[1], input[2], /*align_corners=*/true);
  const auto [low, high] = std::ranges::minmax(out);
  for (float& value : out) value = (value - low) / (high - low + kScaleEpsilon);
  return out;
}

// Over the channels whose score is known; the others weigh nothing yet.
std::vector<float> softmax_of_known(std::span<const double> scores, std::span<const bool> known) {
  double most = -std::numeric_limits<double>::infinity(), sum = 0;
  for (size_t c = 0; c < scores.size(); ++c) {
    if (known[c]) most = std::max(most, scores[c]);
  }
  std::vector<double> e(scores.size());
  for (size_t c = 0; c < scores.size(); ++c) {
    if (known[c]) sum += e[c] = std::exp(scores[c] - most);
  }
  std::vector<float> out(scores.size());
  std::ranges::transform(e, out.begin(), [&](double x) { return static_cast<float>(x / sum); });
  return out;
}

MethodRun one_view(MethodContext context, RunMethod request) {
  CO_TRY(const ModelLayer* layer, context.model.layer_named(request.layer));
  CO_TRY(const LayerState state,
         layer_state(context, *layer, context.input, request.target, false));
  CO_TRY(BatchScore score, BatchScore::of_pictures(context, request.target, kAtOnce));
  const Shape& input = context.input.shape();
  const auto channels = static_cast<size_t>(state.channels);
  const auto colours = static_cast<size_t>(input.channels());

  // The strongest channels first: their map already looks like the last one.
  std::vector<double> energy(channels);
  for (size_t i = 0; i < state.activation.size(); ++i)
    energy[i % channels] += double{state.activation[i]} * double{state.activation[i]};
  std::vector<size_t> order(channels);
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](size_t c) { return energy[c]; });

  std::vector<double> scores(channels);
  const auto known = std::make_unique<bool[]>(channels);
  MethodPreview out;
  for (size_t done = 0; done < channels;) {
    const size_t count = std::min(static_cast<size_t>(score.at_once()), channels - done);
    for (size_t i = 0; i < count; ++i) {
      const std::vector<float> mask = stencil(state, order[done + i], input);
      const std::span<float> slot = score.slot(static_cast<int64_t>(i));
      for (size_t j = 0; j < slot.size(); ++j)
        slot[j] = context.input.values()[j] * mask[j / colours];
    }
    CO_TRY_STATUS(score.run(static_cast<int64_t>(count)));
    for (size_t i = 0; i < count; ++i) {
      scores[order[done + i]] = score.logit(static_cast<int64_t>(i));
      known[order[done + i]] = true;
    }
    done += count;
    const std::vector<float> weights = softmax_of_known(scores, {known.get(), channels});
    // A component takes longer than its sum, so that only the last map is one.
    const std::vector<float> raw = done < channels ? weighted_sum(state, weights)
                                                   : weighted_map(info(), request, state, weights);
    out = cam_preview(info(), context, state, raw, static_cast<int32_t>(done),
                      static_cast<int32_t>(channels));
    if (done < channels) co_yield std::move(out);
  }
  co_return out;
}

MethodRun run(MethodContext context, RunMethod request) {
  return over_views(info(), std::move(context), std::move(request), one_view);
}

}  // namespace

const Method kScoreCam = {info, run};

}  // namespace convscope
