// Model: a network as ConvScope uses it — graph, weights, visible layers — whatever file it came
// from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "model/preprocessing.h"

namespace convscope {

namespace onnx {
struct UnsupportedNode;
}

// Where cell i of a layer looks, along one axis: input pixels start + i·jump … start + i·jump +
// size − 1. They may lie outside the picture, in the padding.
struct ReceptiveWindow {
  int64_t size = 1, jump = 1, start = 0;
};

// A convolution inside a layer, whose filters can be looked at.
struct ConvFilter {
  std::string name;  // "conv1", "squeeze1x1", "expand3x3", "depthwise", "project" …
  NodeId node;
  ValueId input, output;  // of the convolution itself: before any activation
  int32_t weight = -1;    // index into Model::parameters; OHWI
  int32_t bias = -1;      // -1: none
};

// A layer that people see, in the order in which layers are computed.
struct ModelLayer {
  std::string name;            // unique: "conv1", "fire5", "fire5/expand3x3", "block3", "block3e"
  std::string kind;            // conv pool fire block squeeze expand depthwise head logits softmax
  std::string operation = {};  // what computes it: "Conv 7×7 / 2 + ReLU"
  ValueId value = {};          // its activation
  ValueId pre = {};            // before its activation function; invalid where it has none
  bool minor = false;  // a step inside a block, whose figures are contained in those of the block
  std::vector<ConvFilter> filters = {};
  std::vector<const OpDoc*> operators = {};  // each kind once, as they are first computed
  ReceptiveWindow rows = {}, columns = {};
  int64_t parameters =
      0;  // weights and biases; over the layers that are not minor they add up to the model's
  int64_t flops = 0;  // the same; a multiply and an add count as two
};

struct Model {
  std::string id, title;
  std::string citation;             // its paper, where the file says it
  std::vector<std::string> labels;  // a name for each class, where the file says it
  Graph graph;                      // batch 1, at the size of the preprocessing's crop
  Parameters parameters;
  ValueId input, logits, probabilities;
  Preprocessing preprocessing;
  bool preprocessing_guessed = false;  // the file does not say it
  std::vector<ModelLayer> layers;
  int64_t parameter_count = 0, flops = 0;

  const ModelLayer* find_layer(std::string_view name) const;
  // The same; the error names the layers that are called most alike.
  Result<const ModelLayer*> layer_named(std::string_view name) const;
  int64_t classes() const { return graph.shape(logits).elements(); }
};

// Opens a network. `format` is "csb" or "bundle" (bundle.h), "net" or "squeezenet-net"
// (squeezenet.h), or "onnx" (onnx_model.h). Of a network of the catalog (catalog.h) the catalog
// says title and preprocessing, of another bundle its header, and it may have any id, as may one
// of "onnx". `chosen` replaces that preprocessing, at another size of the input only where every
// node takes it. Any bytes are allowed; an error says what is wrong with the file and what to do.
// Every node of an ONNX file that cannot run is appended to `unsupported`, if given.
Result<Model> load_model(std::string_view id, std::string_view format,
                         std::span<const uint8_t> bytes, const Preprocessing* chosen = nullptr,
                         std::vector<onnx::UnsupportedNode>* unsupported = nullptr);

// What a person who reads Chinese is told of an error of load_model: what kind of trouble it is,
// what to do, and the English sentence for those who look into it.
std::string model_error_chinese(const Error& error);

// Fills in what follows from the graph: every layer's filters, operation, receptive windows,
// parameters and FLOPs, and the model's totals. Every node belongs to the first layer that needs
// it; a minor layer's nodes also count for its block.
void describe_layers(Model& model);

// The untrained network: fresh weights for every parameter, drawn from N(0, σ²) by `seed`, biases
// 0. σ is chosen layer by layer so that every convolution and linear layer is expected to answer
// with variance 1 (He et al. 2015, with the second moment of each layer's own input in the place of
// their ½; residual sums, pooling and ReLU6 are accounted for), so that neither activations nor
// gradients vanish, explode or saturate. Logits that follow a rectifier get a bias of 2.
Result<Parameters> randomise(const Model& model, uint64_t seed);

// The weights of one convolution, out × inputs per group × rows × columns.
struct FilterBank {
  int64_t outputs = 0, inputs = 0, rows = 0, columns = 0;
  bool colour =
      false;  // the inputs are the picture's colours, given as R, G, B whatever the network's order
  std::vector<float> values = {}, bias = {};
};
FilterBank filter_bank(const Model& model, const Parameters& parameters, const ConvFilter& filter);

// An order of the bank's outputs in which neighbours look alike: a greedy chain by cosine
// similarity of the mean-free filters, starting from the strongest.
std::vector<int32_t> order_by_similarity(const FilterBank& bank);

}  // namespace convscope
