// Integrated gradients.
//
// Sundararajan, Taly, Yan 2017, "Axiomatic Attribution for Deep Networks" (arXiv 1703.01365):
//   A = (x − x′) ⊙ ∫₀¹ ∂S_class/∂x (x′ + α (x − x′)) dα, with x′ a baseline without content.
// The integral is Gauss-Legendre's sum over `steps` points, as Captum's. Completeness: the map adds
// up to S(x) − S(x′); what is missing is shown as the gap. Cost: a forward and a backward pass a
// step.
#include "explain/attribution.h"
#include "explain/gradient_methods.h"
#include "explain/gradient_program.h"
#include "explain/quadrature.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "integrated_gradients",
      .title = {"Integrated gradients", "积分梯度"},
      .intuition =
          {"The picture fades in from a plain one, and each pixel is credited with every change of "
           "the score "
           "that it caused on the way. All credits together are the score that the picture gained.",
           "图片从一张空白图逐渐显现，途中每个像素引起的分数变化都记在它名下。所有像素的功劳加起来"
           "，就是这张"
           "图片得到的分数。"},
      .departures = {"The paper starts from black; here it is gray at first, since black is itself "
                     "a colour of "
                     "things.",
                     "论文从黑色出发；这里默认从灰色出发，因为黑色本身也是物体的颜色。"},
      .equation = "A = (x − x′) ⊙ ∫₀¹ ∂S/∂x (x′ + α(x − x′)) dα",
      .citation = "Sundararajan, Taly, Yan 2017",
      .paper = "https://arxiv.org/abs/1703.01365",
      .source = "src/explain/integrated_gradients.cpp",
      .is_signed = true,
      .parameters = {integer_parameter("steps", {"Steps", "步数"},
                                       {"Points on the way: more make the gap smaller.",
                                        "途中取的点数：越多，缺口越小。"},
                                       2, 300, 50),
                     baseline_parameter(), colours_parameter(Combine::kSum)},
  };
  return kInfo;
}

MethodRun run(MethodContext context, RunMethod request) {
  const auto steps = static_cast<int32_t>(parameter_value(info(), request, "steps"));
  const auto kind =
      static_cast<Baseline>(static_cast<int>(parameter_value(info(), request, "baseline")));
  CO_TRY(const Tensor baseline, baseline_picture(context, kind, request.seed));
  CO_TRY(LogitGradient logit, LogitGradient::of(context, request.target));
  CO_TRY(Tensor point, context.input.clone());
  const std::span<const float> x = context.input.values(), from = baseline.values();

  std::vector<double> integral(x.size());
  double covered = 0;  // of the way, for the previews
  const Quadrature nodes = gauss_legendre(steps);
  const auto attribution = [&] {
    std::vector<float> values(x.size());
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>((x[i] - from[i]) * integral[i] / covered);
    return values;
  };
  for (int32_t step = 0; step < steps; ++step) {
    const double alpha = nodes.points[static_cast<size_t>(step)],
                 weight = nodes.weights[static_cast<size_t>(step)];
    for (size_t i = 0; i < x.size(); ++i)
      point.values()[i] = from[i] + static_cast<float>(alpha) * (x[i] - from[i]);
    CO_TRY(const TensorView gradient, logit.at(point));
    const std::vector<float> values = dense_values(gradient);
    for (size_t i = 0; i < values.size(); ++i) integral[i] += weight * values[i];
    covered += weight;
    if (step + 1 < steps) {
      co_yield attribution_preview(info(), request, context.input.shape(), attribution(), step + 1,
                                   steps, "logit");
    }
  }

  covered = 1;
  const std::vector<float> values = attribution();
  double sum = 0;
  for (const float value : values) sum += value;
  CO_TRY(Score score, Score::of(context, request.target));
  CO_TRY(const double here, score.at(context.input));
  CO_TRY(const double there, score.at(baseline));
  MethodPreview out =
      attribution_preview(info(), request, context.input.shape(), values, steps, steps, "logit");
  out.figures = {score_figure(here),
                 {{"Score of the compared picture", "对照图片的分数"}, there, ""},
                 {{"Sum of the map", "图中数值之和"}, sum, ""},
                 {{"Completeness gap", "完备性缺口"}, sum - (here - there), ""}};
  out.diagnosis = diagnose_map(*out.map, MapShows::kEvidence);
  co_return out;
}

}  // namespace

const Method kIntegratedGradients = {info, run};

}  // namespace convscope
