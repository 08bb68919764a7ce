#include "explain/patch_score.h"

#include <algorithm>
#include <array>

#include "explain/gradient_program.h"

namespace convscope {
namespace {

constexpr double kWorthwhile = 0.9;  // of the whole pass: more is not worth a program of its own

// Operators of which a cell reads a window of its input and nothing else, and whose padding depends
// on the position alone.
constexpr std::array<std::string_view, 22> kLocal = {
    "Add",  "Affine", "AveragePool", "Clip",      "Concat",    "Conv",    "Div",  "Elu",
    "Erf",  "Gelu",   "HardSigmoid", "HardSwish", "LeakyRelu", "MaxPool", "Mish", "Mul",
    "Relu", "Scale",  "Selu",        "Sigmoid",   "Sub",       "Tanh"};

bool is_local(const Graph& graph, const Node& node) {
  if (std::ranges::find(kLocal, node.op->kind()) == kLocal.end()) return false;
  const Shape& out = graph.shape(node.outputs[0]);
  if (out.rank() != 4) return false;
  if (node.op->kind() != "Concat") return true;
  return std::ranges::all_of(node.inputs, [&](ValueId id) {
    const Shape& in = graph.shape(id);
    return in[1] == out[1] && in[2] == out[2];
  });
}

struct Upstream {
  bool is_local = true;
  int64_t flops = 0;
  std::vector<bool> values;  // those that the layer follows from, itself among them
};

Upstream upstream_of(const Graph& graph, ValueId wanted) {
  Upstream out{.values = std::vector<bool>(graph.values().size())};
  out.values[static_cast<size_t>(wanted.index)] = true;
  for (size_t i = graph.nodes().size(); i-- > 0;) {
    const Node& node = graph.nodes()[i];
    if (std::ranges::none_of(
            node.outputs, [&](ValueId id) { return out.values[static_cast<size_t>(id.index)]; })) {
      continue;
    }
    std::vector<Shape> in, made;
    for (ValueId id : node.inputs) {
      out.values[static_cast<size_t>(id.index)] = true;
      in.push_back(graph.shape(id));
    }
    for (ValueId id : node.outputs) made.push_back(graph.shape(id));
    out.flops += node.op->flops(in, made);
    out.is_local = out.is_local && is_local(graph, node);
  }
  return out;
}

// Whether nothing that comes after reads what comes before, but by way of the layer.
bool is_cut(const Graph& graph, const Upstream& before, ValueId layer) {
  return std::ranges::all_of(graph.nodes(), [&](const Node& node) {
    if (before.values[static_cast<size_t>(node.outputs[0].index)]) return true;
    return std::ranges::all_of(node.inputs, [&](ValueId id) {
      return id == layer || graph.value(id).kind == ValueKind::kParameter ||
             !before.values[static_cast<size_t>(id.index)];
    });
  });
}

// How much of an axis has to be given, so that every cell that a patch reaches sees all it would.
// Parts begin at multiples of the cells' jump and have as many pixels as the axis, but for
// multiples of it: then every stride, and every padding that depends on the size, falls the same.
int64_t part_extent(const ReceptiveWindow& window, int64_t side, int64_t extent) {
  const int64_t cells = (side + window.size - 1 + window.jump - 1) / window.jump;
  const int64_t most = (cells - 1) * window.jump + window.size + window.jump - 1;
  if (most >= extent) return extent;
  return most + (extent - most) % window.jump;
}

int64_t ceil_div(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

struct Axis {
  int64_t begin = 0;            // of the part, in pixels
  int64_t first = 0, last = 0;  // cells that the patch reaches
};

Axis place_along(const ReceptiveWindow& window, int64_t patch, int64_t side, int64_t extent,
                 int64_t part, int64_t cells) {
  Axis out;
  out.first = std::max<int64_t>(0, ceil_div(patch - window.start - window.size + 1, window.jump));
  out.last = std::min(cells - 1, ceil_div(patch + side - window.start, window.jump) - 1);
  const int64_t begin = std::max<int64_t>(0, window.start + out.first * window.jump);
  out.begin = std::min(begin / window.jump * window.jump, extent - part);
  return out;
}

struct Cut {
  const ModelLayer* layer = nullptr;
  PixelBox part;
};

// The layer that leaves the least to compute; none where little would be won.
Cut best_cut(const Model& model, const Graph& graph, const Shape& input, int64_t side) {
  Cut best;
  const auto whole = static_cast<double>(upstream_of(graph, model.probabilities).flops);
  double least = kWorthwhile * whole;
  for (const ModelLayer& layer : model.layers) {
    if (graph.shape(layer.value).rank() != 4) continue;
    const int64_t height = part_extent(layer.rows, side, input[1]),
                  width = part_extent(layer.columns, side, input[2]);
    if (height == input[1] && width == input[2]) continue;
    const Upstream before = upstream_of(graph, layer.value);
    const double share =
        static_cast<double>(height * width) / static_cast<double>(input[1] * input[2]);
    const double left = whole - (1 - share) * static_cast<double>(before.flops);
    if (left >= least || !before.is_local || !is_cut(graph, before, layer.value)) continue;
    least = left;
    best = {&layer, {0, 0, height, width}};
  }
  return best;
}

}  // namespace

PatchScore::PatchScore(const MethodContext& context, std::optional<Head> head, BatchScore tail)
    : session_(&context.session),
      picture_(context.input.shape()),
      head_(std::move(head)),
      tail_(std::move(tail)) {}

Result<PatchScore::Head> PatchScore::make_head(const MethodContext& context,
                                               const ModelLayer& layer, const PixelBox& part,
                                               int64_t at_once) {
  TRY(Program * whole, activation_program(context, layer, context.input.shape()));
  const Tensor feeds[] = {context.input};
  TRY_STATUS(context.session.run(*whole, feeds));
  TRY(Tensor unchanged, whole->copy(layer.value));
  const Shape shape{at_once, part.height, part.width, context.input.shape().channels()};
  TRY(Program * program, activation_program(context, layer, shape));
  TRY(Tensor feed, Tensor::zeros(shape));
  const auto slots = static_cast<size_t>(at_once);
  return Head{&layer,
              program,
              std::move(feed),
              std::move(unchanged),
              std::vector<PixelBox>(slots),
              std::vector<PixelBox>(slots)};
}

Result<PatchScore> PatchScore::of(const MethodContext& context, int32_t target, int64_t side,
                                  int64_t at_once) {
  const Shape& input = context.input.shape();
  TRY(auto graph, context.session.graph_at(input, context.model.probabilities));
  const Cut cut = best_cut(context.model, *graph, input, side);
  if (cut.layer != nullptr) {
    TRY(BatchScore tail, BatchScore::of_layer(context, *cut.layer, target, at_once));
    TRY(Head head, make_head(context, *cut.layer, cut.part, tail.at_once()));
    return PatchScore(context, std::move(head), std::move(tail));
  }
  TRY(BatchScore whole, BatchScore::of_pictures(context, target, at_once));
  return PatchScore(context, std::nullopt, std::move(whole));
}

PixelBox PatchScore::place(int64_t i, const PixelBox& patch) {
  if (!head_) return {0, 0, picture_[1], picture_[2]};
  const Shape& part = head_->feed.shape();
  const Shape& layer = head_->unchanged.shape();
  const ReceptiveWindow &rows = head_->layer->rows, &columns = head_->layer->columns;
  const Axis y = place_along(rows, patch.top, patch.height, picture_[1], part[1], layer[1]),
             x = place_along(columns, patch.left, patch.width, picture_[2], part[2], layer[2]);
  head_->changed[static_cast<size_t>(i)] = {y.first, x.first, y.last - y.first + 1,
                                            x.last - x.first + 1};
  head_->origin[static_cast<size_t>(i)] = {y.begin / rows.jump, x.begin / columns.jump};
  return {y.begin, x.begin, part[1], part[2]};
}

std::span<float> PatchScore::slot(int64_t i) {
  if (!head_) return tail_.slot(i);
  CHECK(i >= 0 && i < at_once());
  const size_t each = head_->feed.values().size() / static_cast<size_t>(at_once());
  return head_->feed.values().subspan(static_cast<size_t>(i) * each, each);
}

// The unchanged layer with the i-th slot's changed cells.
void PatchScore::paste(int64_t i) {
  const std::span<float> to = tail_.slot(i);
  std::ranges::copy(head_->unchanged.values(), to.begin());
  const PixelBox &changed = head_->changed[static_cast<size_t>(i)],
                 &origin = head_->origin[static_cast<size_t>(i)];
  const TensorView made = head_->program->view(head_->layer->value);
  const int64_t channels = made.shape.channels(), width = head_->unchanged.shape()[2];
  for (int64_t y = changed.top; y < changed.top + changed.height; ++y) {
    for (int64_t x = changed.left; x < changed.left + changed.width; ++x) {
      const int64_t row = (i * made.shape[1] + y - origin.top) * made.shape[2] + x - origin.left;
      std::copy_n(made.data + row * made.row_stride, channels,
                  to.begin() + static_cast<ptrdiff_t>((y * width + x) * channels));
    }
  }
}

Status PatchScore::run(int64_t count) {
  if (head_) {
    const Tensor feeds[] = {head_->feed};
    TRY_STATUS(session_->run(*head_->program, feeds));
    for (int64_t i = 0; i < count; ++i) paste(i);
  }
  return tail_.run(count);
}

}  // namespace convscope
