// Ablation: a layer, or some of its channels, switched off, and what the network answers then.
//
// Morcos, Barrett, Rabinowitz, Botvinick 2018, "On the importance of single directions for
// generalization" (arXiv 1803.06959), section 2.2: a channel's activation is clamped to 0
// everywhere. `left` is a departure: with it a channel is weakened instead. What goes round the
// layer stays as it was. The map is what was taken away: Σ (1 − left) A_c over the channels that
// are off. Cost: a forward pass, and one of what follows the layer.
#include <algorithm>
#include <numeric>

#include "explain/answers.h"
#include "explain/contribution.h"

namespace convscope {
namespace {

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "ablation",
      .title = {"Switched off", "关闭通道"},
      .intuition =
          {"Some channels of a layer are set to 0, or all of them, and the network goes on "
           "from there: does it still answer the same?",
           "把一层的某些通道（或全部通道）设为 0，网络从那里继续计算：它的答案还一样吗？"},
      .departures = {"The paper takes many channels away at random from networks in training; here "
                     "you choose them. A channel may also be weakened instead of switched off.",
                     "论文随机关闭许多通道；这里由你选择。通道也可以只减弱而不关闭。"},
      .equation = "S(A with A_c = 0 for the chosen c)",
      .citation = "Morcos et al. 2018, section 2.2",
      .paper = "https://arxiv.org/abs/1803.06959",
      .source = "src/explain/ablation.cpp",
      .is_signed = true,
      .takes_layer = true,
      .needs_layer = true,
      .parameters = {number_parameter(
          "left", {"What is left of them", "保留的部分"},
          {"0 switches the channels off, 1 changes nothing.", "0 为关闭通道，1 为不作改变。"}, 0, 1,
          0, 0.05)},
  };
  return kInfo;
}

// Feeds: the input and, where the layer is given instead of computed, its value. Outputs: logits,
// probabilities, and the layer's value where it is computed.
Result<Program*> answers_program(const MethodContext& context, const ModelLayer& layer,
                                 bool is_given) {
  const Model& model = context.model;
  const Shape& input = context.input.shape();
  return context.session.program(
      (is_given ? "answers from " : "answers and ") + layer.name + " " + input.text(),
      [&]() -> Result<ProgramSpec> {
        TRY(auto forward, context.session.graph_at(input, model.probabilities));
        ProgramSpec spec{forward, {model.input}, {model.logits, model.probabilities}};
        (is_given ? spec.feeds : spec.outputs).push_back(layer.value);
        return spec;
      });
}

// An empty list stands for all channels.
std::vector<bool> switched(const std::vector<int32_t>& channels, size_t count) {
  std::vector<bool> off(count, channels.empty());
  for (const int32_t c : channels) off[static_cast<size_t>(c)] = true;
  return off;
}

MethodRun run(MethodContext context, RunMethod request) {
  CO_TRY(const ModelLayer* layer, context.model.layer_named(request.layer));
  const Model& model = context.model;
  if (layer->value == model.logits || layer->value == model.probabilities) {
    co_return fail(ErrorCode::kUnsupported, "nothing follows " + layer->name +
                                                " that could answer without it; choose a "
                                                "layer before it");
  }
  const auto left = static_cast<float>(parameter_value(info(), request, "left"));
  const auto target = static_cast<size_t>(request.target);

  CO_TRY(Program * whole, answers_program(context, *layer, false));
  const Tensor input[] = {context.input};
  CO_TRY_STATUS(context.session.run(*whole, input));
  const double score = whole->view(model.logits).data[target],
               chance = whole->view(model.probabilities).data[target];
  CO_TRY(Tensor changed, whole->copy(layer->value));

  const Shape& shape = changed.shape();
  const auto channels = static_cast<size_t>(shape.channels());
  const std::vector<bool> off = switched(request.channels, channels);
  std::vector<float> taken(static_cast<size_t>(shape.rows()));
  const std::span<float> values = changed.values();
  for (size_t i = 0; i < values.size(); ++i) {
    if (!off[i % channels]) continue;
    taken[i / channels] += (1 - left) * values[i];
    values[i] *= left;
  }
  CO_TRY(Program * rest, answers_program(context, *layer, true));
  const Tensor feeds[] = {context.input, changed};
  CO_TRY_STATUS(context.session.run(*rest, feeds));
  const TensorView logits = rest->view(model.logits),
                   probabilities = rest->view(model.probabilities);

  const Shape& size = context.input.shape();
  const bool has_places = shape.rank() == 4;
  MethodPreview out{.method = info().id, .step = 1, .steps = 1};
  out.map = make_map(size[1], size[2],
                     upsampled(taken, has_places ? shape[1] : 1,
                               has_places ? shape[2] : shape.rows(), size[1], size[2]),
                     true, "activation");
  out.answers = first_answers(logits, probabilities);
  out.figures = {{{"Score (logit) before", "关闭前的分数（logit）"}, score, ""},
                 {{"Score (logit) after", "关闭后的分数（logit）"}, logits.data[target], ""},
                 {{"Probability before", "关闭前的概率"}, chance, ""},
                 {{"Probability after", "关闭后的概率"}, probabilities.data[target], ""},
                 {{"Channels switched off", "关闭的通道数"},
                  static_cast<double>(std::ranges::count(off, true)),
                  ""}};
  if (is_blank(*out.map)) {
    out.diagnosis = {"These channels are silent on this picture: without them nothing changes.",
                     "这些通道对这张图片没有反应：关闭它们不会改变任何东西。"};
  }
  co_return out;
}

}  // namespace

const Method kAblation = {info, run};

}  // namespace convscope
