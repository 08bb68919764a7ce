// What every layer adds: gradient × activation of all layers at once.
//
// Ancona et al. 2018 (arXiv 1711.06104), section 3.1, summed over each layer:  c_l = Σ ∂S/∂A_l ⊙
// A_l = dS/dt of the score with the layer times t, at t = 1. Euler's theorem: where what follows a
// layer through which everything goes is piecewise linear without biases, c_l = S; what differs
// from S comes from later biases and from paths that go round the layer. The map is the same of the
// picture's pixels. Departures: none. Cost: one forward and one backward pass for all layers.
#include <algorithm>

#include "explain/contribution.h"
#include "explain/gradient_program.h"
#include "graph/vjp.h"
#include "ops/ops.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "layer_contributions",
      .title = {"Layer by layer", "逐层贡献"},
      .intuition = {"How much of the score passes through each layer: its activation times the "
                    "slope of the score, summed up. In a network without biases every layer that "
                    "nothing goes round has the whole score; a difference from it is what biases "
                    "and other paths add.",
                    "分数中有多少经过每一层：该层的激活乘以分数的斜率，再求和。在没有偏置的网络里，"
                    "没有旁路的每一层都等于整个分数；与分数的差来自偏置和旁路。"},
      .departures = {"The paper asks this of the picture’s pixels; here every layer is asked.",
                     "论文只对图片的像素这样做；这里对每一层都做。"},
      .equation = "c_l = Σ ∂S/∂A_l ⊙ A_l",
      .citation = "Ancona et al. 2018, section 3.1",
      .paper = "https://arxiv.org/abs/1711.06104",
      .source = "src/explain/layer_contributions.cpp",
      .is_signed = true,
  };
  return kInfo;
}

// Feeds: input, seed. Outputs: logits, x ⊙ ∂S/∂x, then the total of each layer that the logits
// depend on.
Result<ProgramSpec> sums_spec(const MethodContext& context) {
  const Model& model = context.model;
  TRY(auto forward, context.session.graph_at(context.input.shape(), model.logits));
  GraphBuilder builder(*forward);
  const ValueId seed = builder.input("seed", builder.shape(model.logits));
  std::vector<ValueId> wanted = {model.input};
  for (const ModelLayer& layer : model.layers) wanted.push_back(layer.value);
  const ValueId outputs[] = {model.logits}, seeds[] = {seed};
  // Each sum is taken as soon as the backward pass has come to its layer, so that no more of both
  // passes is held at once than a gradient needs.
  std::unordered_map<ValueId, ValueId> units, sums;
  const auto sum_up = [&](ValueId value, ValueId cotangent) -> Status {
    const std::string& name = builder.graph().value(value).name;
    TRY(units[value], builder.add_one(make_mul(), {value, cotangent}, "units of " + name));
    TRY(sums[value], builder.add_one(make_reduce_sum({}, true), {units[value]}, "sum of " + name));
    return {};
  };
  TRY(auto cotangents, build_vjp(builder, outputs, seeds, wanted, {}, sum_up));
  if (!cotangents.contains(model.input))
    return fail(ErrorCode::kUnsupported, "the class scores do not depend on the picture");
  ProgramSpec spec{nullptr, {model.input, seed}, {model.logits, units.at(model.input)}, {seed}};
  for (const ModelLayer& layer : model.layers) {
    if (!cotangents.contains(layer.value)) continue;
    const ValueId sum = sums.at(layer.value);
    // Two layers of one value have one sum.
    if (std::ranges::find(spec.outputs, sum) == spec.outputs.end()) spec.outputs.push_back(sum);
  }
  spec.graph = std::make_shared<const Graph>(std::move(builder).build());
  return spec;
}

// The layers' values and where their totals are.
std::unordered_map<ValueId, ValueId> sums_of(const Program& program) {
  const Graph& graph = program.graph();
  std::unordered_map<ValueId, ValueId> out;
  for (size_t i = 2; i < program.plan().outputs.size(); ++i) {
    const ValueId sum = program.output(i);
    const ValueId units = graph.node(graph.value(sum).producer).inputs[0];
    out[graph.node(graph.value(units).producer).inputs[0]] = sum;
  }
  return out;
}

MethodRun run(MethodContext context, RunMethod request) {
  const Model& model = context.model;
  const Shape& input = context.input.shape();
  CO_TRY(Program * program, context.session.program("layer contributions " + input.text(),
                                                    [&] { return sums_spec(context); }));
  CO_TRY(Tensor seed, one_hot(program->graph().shape(program->feed(1)), request.target));
  const Tensor feeds[] = {context.input, seed};
  CO_TRY_STATUS(context.session.run(*program, feeds));
  const std::vector<float> pixels = dense_values(program->view(program->output(1)));
  const auto colours = static_cast<size_t>(input.channels());
  std::vector<float> map(pixels.size() / colours);
  double sum = 0;
  for (size_t i = 0; i < pixels.size(); ++i)
    map[i / colours] += pixels[i], sum += double{pixels[i]};
  MethodPreview out{.method = info().id, .step = 1, .steps = 1};
  out.map = make_map(input[1], input[2], map, true, "logit");
  out.figures = {score_figure(program->view(program->output(0)).data[request.target]),
                 {{"Sum over the picture’s pixels", "图片各像素之和"}, sum, ""}};
  const auto sums = sums_of(*program);
  for (const ModelLayer& layer : model.layers) {
    if (const auto found = sums.find(layer.value); found != sums.end())
      out.contributions.push_back({layer.name, -1, program->view(found->second).data[0]});
  }
  diagnose_slope(out, context, MapShows::kEvidence,
                 program->view(program->output(0)).data[request.target]);
  co_return out;
}

}  // namespace

const Method kLayerContributions = {info, run};

}  // namespace convscope
