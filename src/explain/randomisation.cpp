// Does a map depend on what the network has learnt? Its weights are replaced by random ones.
//
// Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim 2018, "Sanity Checks for Saliency Maps", section
// 3.1 (arXiv 1810.03292): from the output down, layer by layer, weights are drawn anew (cascading),
// or those of one layer alone (independent); a map that stays as it was does not show what was
// learnt. Likeness is Spearman's rank correlation with the original map, of the values as they are
// and of their absolute values.
// Departures: a layer is one that the page shows, so a block counts as one; the fresh weights are
// those of the untrained network (model.h), not those with which its training began. Cost: twice
// the map's, or once more for each layer where all layers on the way are wanted.
#include <algorithm>
#include <cmath>

#include "explain/faithfulness.h"
#include "explain/judged_method.h"
#include "explain/removal.h"

namespace convscope {
namespace {

constexpr int64_t kMostLayers = 500;

const MethodInfo& info() {
  static const MethodInfo kInfo = {
      .id = "randomisation",
      .title = {"Random weights, layer by layer", "逐层换成随机权重"},
      .intuition =
          {"From the last layer on, what the network has learnt is thrown away, layer by layer, "
           "and "
           "the map is made again. If it hardly changes, it never showed what was learnt: an edge "
           "detector would draw the same.",
           "从最后一层开始，逐层扔掉网络学到的东西，再重新画图。如果图几乎不变，它就从来没有显示学"
           "到的东西：边缘检测也能画出同样的图。"},
      .departures = {"A block counts as one layer. The fresh weights are those of the page’s "
                     "untrained network.",
                     "一个模块算作一层。新的权重就是本页未训练网络的权重。"},
      .equation = "ρ = rank correlation of M(trained) and M(layers L … L−k+1 random)",
      .citation = "Adebayo et al. 2018, section 3.1",
      .paper = "https://arxiv.org/abs/1810.03292",
      .source = "src/explain/randomisation.cpp",
      .takes_layer = true,
      .needs_layer = true,
      .parameters = {judged_parameter(),
                     integer_parameter(
                         "layers", {"Random layers", "随机的层数"},
                         {"Counted from the network’s output; as many as there are, at most.",
                          "从网络的输出开始数；最多到全部的层。"},
                         0, kMostLayers, 1),
                     choice_parameter("order", {"Weights drawn anew", "重新抽取的权重"},
                                      {"Of all those layers, or of the last one counted alone.",
                                       "所有这些层的，或只是数到的最后一层的。"},
                                      {{"all of them (cascading)", "全部（级联）"},
                                       {"that layer alone", "只有那一层"}}),
                     bool_parameter("each", {"Each layer on the way", "途中的每一层"},
                                    {"Also measures every smaller number of layers, as a curve.",
                                     "也测量每个更小的层数，画成曲线。"},
                                    false)},
  };
  return kInfo;
}

// The parameters of each layer that has any, the network's output first. A layer has those of the
// nodes that it needs and no earlier layer does.
struct LayerWeights {
  std::string name;
  std::vector<size_t> parameters = {};
};
std::vector<LayerWeights> layers_from_the_top(const Model& model) {
  const Graph& graph = model.graph;
  std::vector<bool> claimed(graph.nodes().size());
  std::vector<LayerWeights> out;
  const auto claim = [&](const std::string& name, ValueId value) {
    LayerWeights layer{name};
    std::vector<ValueId> open = {value};
    while (!open.empty()) {
      const Value& at = graph.value(open.back());
      open.pop_back();
      if (at.parameter >= 0) layer.parameters.push_back(static_cast<size_t>(at.parameter));
      if (!at.producer.valid() || claimed[static_cast<size_t>(at.producer.index)]) continue;
      claimed[static_cast<size_t>(at.producer.index)] = true;
      for (const ValueId input : graph.node(at.producer).inputs) open.push_back(input);
    }
    if (!layer.parameters.empty()) out.push_back(std::move(layer));
  };
  for (const ModelLayer& layer : model.layers) {
    if (!layer.minor) claim(layer.name, layer.value);
  }
  claim("logits", model.logits);
  std::ranges::reverse(out);
  return out;
}

// A network of its own, whose weights are the trained ones but for those of layers [first, end).
Result<std::shared_ptr<Session>> randomised(const MethodContext& context,
                                            const std::vector<LayerWeights>& layers, size_t first,
                                            size_t end, uint64_t seed) {
  TRY(Parameters fresh, randomise(context.model, seed));
  Parameters mixed = context.session.parameters();
  for (size_t i = first; i < end; ++i) {
    for (const size_t parameter : layers[i].parameters) mixed[parameter] = fresh[parameter];
  }
  return std::make_shared<Session>(*context.session.graph(), std::move(mixed),
                                   &context.session.pool());
}

struct Likeness {
  double as_it_is = 1, absolute = 1;
};
Likeness likeness(const Map& a, const Map& b) {
  std::vector<float> x(values_of(a).begin(), values_of(a).end()),
      y(values_of(b).begin(), values_of(b).end());
  Likeness out{.as_it_is = rank_correlation(x, y)};
  for (float& value : x) value = std::abs(value);
  for (float& value : y) value = std::abs(value);
  out.absolute = rank_correlation(x, y);
  return out;
}

// What has been measured, by the number of layers.
struct Measured {
  std::vector<float> layers, as_it_is, absolute;
  void add(size_t count, const Likeness& found) {
    layers.push_back(static_cast<float>(count));
    as_it_is.push_back(static_cast<float>(found.as_it_is));
    absolute.push_back(static_cast<float>(found.absolute));
  }
  Curve curve(Text title, const std::vector<float>& ys) const {
    return {std::move(title),
            {"random layers, from the output", "随机的层数，从输出数起"},
            {"rank correlation", "秩相关"},
            Blob::copy_of(layers.data(), layers.size()),
            Blob::copy_of(ys.data(), ys.size())};
  }
  std::vector<Curve> curves() const {
    return {curve({"as it is", "原值"}, as_it_is), curve({"absolute values", "绝对值"}, absolute)};
  }
};

MethodPreview preview_of(const Map& map, const Likeness& found, size_t count,
                         const Measured& measured, size_t step, size_t steps) {
  MethodPreview out{.method = info().id,
                    .step = static_cast<int32_t>(step),
                    .steps = static_cast<int32_t>(steps)};
  out.map = map;
  out.figures = {{{"Rank correlation with the original", "与原图的秩相关"}, found.as_it_is, ""},
                 {{"The same of absolute values", "绝对值的秩相关"}, found.absolute, ""},
                 {{"Random layers", "随机的层数"}, static_cast<double>(count), ""}};
  if (measured.layers.size() > 1) out.curves = measured.curves();
  return out;
}

MethodRun run(MethodContext context, RunMethod request) {
  const auto value = [&](std::string_view id) { return parameter_value(info(), request, id); };
  const Method& method = judged_method(info(), request);
  const std::vector<LayerWeights> layers = layers_from_the_top(context.model);
  const size_t most = std::min(static_cast<size_t>(value("layers")), layers.size());
  const bool alone = value("order") == 1;
  const RunMethod judged = judged_request(method, request);
  // Every number of layers is one step, the trained network the first.
  std::vector<size_t> counts;
  for (size_t count = value("each") != 0 ? 1 : most; count <= most; ++count) {
    if (count > 0) counts.push_back(count);
  }
  const size_t steps = counts.size() + 1;

  MethodRun trained = method.run(context, judged);
  while (trained.next()) {
    co_yield MethodPreview{.method = info().id,
                           .steps = static_cast<int32_t>(steps),
                           .stage = "map",
                           .map = std::move(trained.preview().map)};
  }
  CO_TRY(const MethodPreview original, std::move(trained.result()));
  CO_TRY_STATUS(check_judged(original));
  Measured measured;
  measured.add(0, {});
  MethodPreview out = preview_of(*original.map, {}, 0, measured, 1, steps);
  for (size_t step = 0; step < counts.size(); ++step) {
    co_yield std::move(out);
    const size_t count = counts[step];
    CO_TRY(const std::shared_ptr<Session> fresh,
           randomised(context, layers, alone ? count - 1 : 0, count, request.seed));
    MethodRun again = method.run(
        MethodContext{context.model, *fresh, context.input, context.picture, fresh}, judged);
    // The pool may have been replaced since this run last paused.
    while (fresh->set_pool(&context.session.pool()), again.next()) {
      co_yield MethodPreview{.method = info().id,
                             .step = static_cast<int32_t>(step + 1),
                             .steps = static_cast<int32_t>(steps),
                             .stage = layers[count - 1].name,
                             .map = std::move(again.preview().map)};
    }
    CO_TRY(const MethodPreview map, std::move(again.result()));
    CO_TRY_STATUS(check_judged(map));
    const Likeness found = likeness(*original.map, *map.map);
    measured.add(count, found);
    out = preview_of(*map.map, found, count, measured, step + 2, steps);
  }
  co_return out;
}

}  // namespace

const Method kRandomisation = {info, run};

}  // namespace convscope
