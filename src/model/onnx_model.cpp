#include "model/onnx_model.h"

#include <algorithm>
#include <cmath>
#include <format>

#include "model/catalog.h"
#include "model/input_size.h"
#include "model/onnx_export.h"
#include "model/onnx_layers.h"
#include "ops/ops.h"

namespace convscope {
namespace {

using onnx::ImportedGraph;
using onnx::Port;

constexpr int64_t kMaxScores = 100'000;
// Of a picture that a network looks at, in px.
constexpr int64_t kMinSide = 8, kMaxSide = 2048;

std::unexpected<Error> unsupported(std::string what) {
  return fail(ErrorCode::kUnsupported, std::move(what) + "; use a network for pictures");
}

// --- Input -------------------------------------------------------------------------------------

Result<const Port*> picture_input(const ImportedGraph& imported) {
  if (imported.inputs.size() != 1) {
    return unsupported(std::format("the network has {} inputs, ConvScope gives it one picture",
                                   imported.inputs.size()));
  }
  const Port& input = imported.inputs[0];
  const Shape& stored = imported.graph.shape(input.value);
  if (stored.rank() != 4 || (stored[3] != 3 && stored[3] != 1)) {
    return unsupported(std::format("the network's input {} is {}, want N×3×H×W or N×1×H×W",
                                   input.name, input.shape.text()));
  }
  if (std::min(stored[1], stored[2]) < kMinSide || std::max(stored[1], stored[2]) > kMaxSide) {
    return unsupported(std::format("the network's input {} is {}, want {} to {} pixels a side",
                                   input.name, input.shape.text(), kMinSide, kMaxSide));
  }
  return &input;
}

bool is_vector(const Shape& shape) {
  const auto dims = shape.dims();
  return shape.rank() >= 2 && shape[0] == 1 &&
         std::ranges::count_if(dims, [](int64_t extent) { return extent > 1; }) <= 1;
}

// Why the network cannot have another input: the first node of the graph as it was that does not
// take it, in our operators' words, or else what the importer says.
std::string why_not(const ImportedGraph& imported, const Shape& want, const Error& error) {
  const auto resized = imported.graph.with_input_shapes({&want, 1});
  return resized ? error.message : resized.error().message;
}

// The vector of scores keeps its length: with other classes it would be another network.
Status check_scores(const ImportedGraph& imported, const ImportedGraph& changed,
                    const Shape& want) {
  for (size_t i = 0; i < std::min(imported.outputs.size(), changed.outputs.size()); ++i) {
    const Port &was = imported.outputs[i], &is = changed.outputs[i];
    if (!is_vector(was.shape) || was.shape == is.shape) continue;
    return wrong_input_size(imported.graph.shape(imported.inputs[0].value), want,
                            std::format("its output {} becomes {} instead of {}", was.name,
                                        is.shape.text(), was.shape.text()));
  }
  return {};
}

// A file may fix a batch of several pictures; ConvScope looks at one. It may fix their size, too:
// where all its layers take another one, a person may choose it.
Result<ImportedGraph> import_for_one_picture(std::span<const uint8_t> bytes,
                                             const Preprocessing* chosen,
                                             std::vector<onnx::UnsupportedNode>* unsupported) {
  onnx::ImportOptions options;
  auto imported = onnx::import_onnx(bytes, options, unsupported);
  if (!imported || imported->inputs.size() != 1 || imported->inputs[0].shape.rank() != 4)
    return imported;
  const Port& input = imported->inputs[0];
  const int first = input.axes == onnx::channels_last_axes(4) ? 2 : 1;  // spatial axis
  Shape shape = input.shape;
  shape.set(0, 1);
  if (chosen != nullptr) {
    shape.set(first, chosen->crop_height);
    shape.set(first + 1, chosen->crop_width);
  }
  if (shape == input.shape) return imported;
  options.input_shapes.emplace(input.name, shape);
  auto changed = onnx::import_onnx(bytes, options);
  if (shape[first] == input.shape[first] && shape[first + 1] == input.shape[first + 1])
    return changed;
  const Shape& stored = imported->graph.shape(input.value);
  Shape want = stored;
  for (int i = 0; i < 4; ++i) want.set(i, shape[input.axes[static_cast<size_t>(i)]]);
  if (!changed) return wrong_input_size(stored, want, why_not(*imported, want, changed.error()));
  TRY_STATUS(check_scores(*imported, *changed, want));
  return changed;
}

// --- Output ------------------------------------------------------------------------------------

// The first vector of scores among the outputs, else the last output.
Result<const Port*> score_output(const ImportedGraph& imported) {
  const Port* last = nullptr;
  for (const Port& port : imported.outputs) {
    if (port.constant || !imported.graph.value(port.value).producer.valid()) continue;
    if (is_vector(port.shape)) return &port;
    last = &port;
  }
  if (last == nullptr) return unsupported("the network computes nothing from its input");
  return last;
}

// Builds logits and probabilities behind the output.
class Head {
 public:
  Head(GraphBuilder& builder, Model& model) : builder_(builder), model_(model) {}

  Status build(const Port& output) {
    ValueId scores = output.value;
    if (!is_vector(output.shape) && builder_.shape(scores).rank() == 4) {
      if (output.axes == onnx::channels_last_axes(4)) {
        TRY(scores, add(make_global_average_pool(), scores, "scores"));
      } else {
        const int places[] = {2, 3};
        TRY(scores, add(make_reduce_mean(places, true), scores, "scores"));
      }
    }
    if (builder_.shape(scores).elements() > kMaxScores) {
      return unsupported(std::format("the network's output {} is {}, want at most {} scores",
                                     output.name, output.shape.text(), kMaxScores));
    }
    return scores_of(scores);
  }

 private:
  Result<ValueId> add(OpPtr op, ValueId x, std::string name) {
    return builder_.add_one(std::move(op), {x}, std::move(name));
  }

  // As 1×N.
  Result<ValueId> row(ValueId x, std::string name) {
    const Shape shape = builder_.shape(x);
    if (shape == Shape{1, shape.elements()}) return x;
    if (shape.rank() > 0 && shape[0] == 1) return add(make_flatten(1), x, std::move(name));
    return add(make_reshape({1, shape.elements()}), x, std::move(name));
  }

  // The node that made it, past what only moves numbers.
  const Node* maker(ValueId x) const {
    const Graph& graph = builder_.graph();
    for (NodeId id = graph.value(x).producer; id.valid();) {
      const Node& node = graph.node(id);
      const std::string_view kind = node.op->kind();
      const bool moves = kind == "Flatten" || kind == "Reshape" || kind == "Transpose";
      if (!moves) return &node;
      id = graph.value(node.inputs[0]).producer;
    }
    return nullptr;
  }

  Status scores_of(ValueId scores) {
    const Node* last = maker(scores);
    const std::string_view kind = last == nullptr ? "" : last->op->kind();
    const bool squashed = kind == "Softmax" || kind == "LogSoftmax" || kind == "Sigmoid";
    if (!squashed) {
      TRY(model_.logits, row(scores, "logits"));
    } else {
      const ValueId before = last->inputs[0];
      TRY(model_.logits, row(before, "logits"));
    }
    if (kind == "Softmax" || kind == "Sigmoid") {
      TRY(model_.probabilities, row(scores, "probabilities"));
      return {};
    }
    // One score alone says how likely one thing is.
    const bool single = builder_.shape(model_.logits).elements() == 1;
    TRY(model_.probabilities,
        add(single ? make_sigmoid() : make_softmax(-1), model_.logits, "probabilities"));
    return {};
  }

  GraphBuilder& builder_;
  Model& model_;
};

// --- Preprocessing -----------------------------------------------------------------------------

constexpr float kBytes = 255;
constexpr std::array<float, 3> kImageNetMean = {0.485f, 0.456f, 0.406f};
constexpr std::array<float, 3> kImageNetDeviation = {0.229f, 0.224f, 0.225f};

void set_range(Preprocessing& p, float mean, float deviation) {
  p.mean.fill(mean);
  p.standard_deviation.fill(deviation);
}

// Windows ML, "Model metadata"; false where it says nothing.
bool read_metadata(const ImportedGraph& imported, Preprocessing& p) {
  const auto text = [&](const char* key) {
    const auto found = imported.metadata.find(key);
    return found == imported.metadata.end() ? std::string() : found->second;
  };
  if (p.channels() == 3 && text("Image.BitmapPixelFormat").starts_with("Bgr"))
    p.order = ChannelOrder::kBgr;
  const std::string range = text("Image.NominalPixelRange");
  if (range == "NominalRange_0_255") set_range(p, 0, 1);
  if (range == "Normalized_0_1") set_range(p, 0, kBytes);
  if (range == "Normalized_1_1") set_range(p, kBytes / 2, kBytes / 2);
  return range == "NominalRange_0_255" || range == "Normalized_0_1" || range == "Normalized_1_1";
}

// The largest magnitude among a node's constant operands, by its attribute or its parameters.
float constant_magnitude(const ImportedGraph& imported, const Node& node) {
  float largest = 0;
  for (ValueId id : node.inputs) {
    const int32_t parameter = imported.graph.value(id).parameter;
    if (parameter < 0) continue;
    for (float value : imported.parameters[static_cast<size_t>(parameter)].values())
      largest = std::max(largest, std::abs(value));
  }
  const std::string attributes = node.op->attributes();
  if (const size_t at = attributes.find("factor="); at != std::string::npos)
    largest = std::abs(std::strtof(attributes.c_str() + at + 7, nullptr));
  return largest;
}

// Sub, Add, Mul, Div and Scale of the picture alone, before anything else reads it.
bool read_own_normalisation(const ImportedGraph& imported, ValueId input, Preprocessing& p) {
  bool found = false, bytes = false;
  for (ValueId at = input; imported.graph.consumers(at).size() == 1;) {
    const Node& node = imported.graph.node(imported.graph.consumers(at)[0]);
    const std::string_view kind = node.op->kind();
    const float magnitude = constant_magnitude(imported, node);
    if (kind == "Sub" || kind == "Add") {
      bytes |= magnitude > 2;
    } else if (kind == "Mul" || kind == "Scale") {
      bytes |= magnitude > 0 && magnitude <= 1.0f / 16;
    } else if (kind == "Div") {
      bytes |= magnitude >= 16;
    } else if (kind != "Transpose") {
      break;
    }
    found |= kind != "Transpose";
    at = node.outputs[0];
  }
  if (found) set_range(p, 0, bytes ? 1 : kBytes);
  return found;
}

}  // namespace

Preprocessing guess_preprocessing(const ImportedGraph& imported, bool* known) {
  const ValueId input = imported.inputs[0].value;
  const Shape& shape = imported.graph.shape(input);
  Preprocessing p;
  // A file of our own says it, unless the network was changed to another size since.
  if (const auto own = imported.metadata.find(kPreprocessingKey); own != imported.metadata.end()) {
    if (const auto read = read_input_settings(own->second)) {
      const Preprocessing said = preprocessing_of(*read);
      if (Shape{1, said.crop_height, said.crop_width, said.channels()} == shape) {
        if (known != nullptr) *known = true;
        return said;
      }
    }
  }
  p.crop_height = static_cast<int>(shape[1]);
  p.crop_width = static_cast<int>(shape[2]);
  p.resize_size = std::min(p.crop_height, p.crop_width);
  if (p.resize_size >= kSmallestCropped)
    p.resize_size = static_cast<int>(std::lround(static_cast<double>(p.resize_size) * 8 / 7));
  if (shape[3] == 1) {
    p.order = ChannelOrder::kGray;
    set_range(p, 0, kBytes);
  }
  if (read_metadata(imported, p) || read_own_normalisation(imported, input, p)) return p;
  if (p.channels() == 1) return p;
  for (size_t c = 0; c < 3; ++c) {
    p.mean[c] = kImageNetMean[c] * kBytes;
    p.standard_deviation[c] = kImageNetDeviation[c] * kBytes;
  }
  return p;
}

Result<Model> read_onnx(std::string_view id, std::span<const uint8_t> bytes,
                        const Preprocessing* chosen,
                        std::vector<onnx::UnsupportedNode>* unsupported) {
  TRY(ImportedGraph imported, import_for_one_picture(bytes, chosen, unsupported));
  TRY(const Port* input, picture_input(imported));
  TRY(const Port* output, score_output(imported));
  Model model;
  model.id = model.title = std::string(id);
  const auto title = imported.metadata.find(kTitleKey);
  if (title != imported.metadata.end() && !title->second.empty())
    model.title = onnx::quotable(title->second);
  model.input = input->value;
  bool known = false;
  const Preprocessing guess = guess_preprocessing(imported, &known);
  model.preprocessing = chosen != nullptr ? *chosen : guess;
  if (guess.channels() != model.preprocessing.channels()) model.preprocessing.order = guess.order;
  model.preprocessing_guessed = chosen == nullptr && !known;
  GraphBuilder builder(std::move(imported.graph));
  TRY_STATUS(Head(builder, model).build(*output));
  model.graph = std::move(builder).build();
  model.parameters = std::move(imported.parameters);
  model.layers = onnx_layers(model);
  if (const auto labels = imported.metadata.find(kLabelsKey); labels != imported.metadata.end()) {
    // Names of another number of classes are none.
    if (const auto names = read_labels(labels->second, model.classes())) {
      for (const std::string& name : *names) model.labels.push_back(onnx::quotable(name));
    }
  }
  return model;
}

}  // namespace convscope
