// What the page and the engine say about models, methods and results: plain data, no behaviour.
//
// Every struct lists its fields once, in `fields`, and the codec (wire.h) visits that list.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace convscope {

// Bytes that travel beside a message as one transferable buffer. Copies share the memory.
class Blob {
 public:
  Blob() = default;
  explicit Blob(std::vector<uint8_t> bytes) {
    auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
    size_ = owner->size();
    bytes_ = std::shared_ptr<const uint8_t>(owner, owner->data());
  }
  // Copies `count` elements of a trivially copyable type.
  template <typename T>
  static Blob copy_of(const T* data, size_t count) {
    const auto* first = reinterpret_cast<const uint8_t*>(data);
    return Blob(std::vector<uint8_t>(first, first + count * sizeof(T)));
  }
  // Takes memory that malloc gave: a model's file is too large to copy.
  static Blob adopt(const uint8_t* data, size_t bytes) {
    Blob blob;
    blob.bytes_ = {data, [](const uint8_t* owned) { std::free(const_cast<uint8_t*>(owned)); }};
    blob.size_ = bytes;
    return blob;
  }
  const uint8_t* data() const { return bytes_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size() == 0; }
  // The bytes as floats; the storage of both kinds is aligned enough for that.
  const float* floats() const { return reinterpret_cast<const float*>(data()); }
  size_t float_count() const { return size() / sizeof(float); }

 private:
  std::shared_ptr<const uint8_t> bytes_;
  size_t size_ = 0;
};

// One sentence in the two languages of the page.
struct Text {
  std::string en, zh;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.en, s.zh);
  }
};

// --- The network -----------------------------------------------------------------------------

// Where a layer's cell (y, x) looks in the input: rows start + y*jump … start + y*jump + size - 1,
// in px of the network's input (may reach beyond it, into padding). The same for columns.
struct ReceptiveField {
  float size = 0, jump = 0, start = 0;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.size, s.jump, s.start);
  }
};

// What an operator does, for the reader; the words of Op::doc (graph/op.h).
struct OperatorInfo {
  std::string kind;  // "Conv"
  Text title, intuition, derivative;
  std::string equation, reference;  // UTF-8 mathematics; paper or specification
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.kind, s.title, s.intuition, s.derivative, s.equation, s.reference);
  }
};

// One visible layer, in the order in which it is computed.
struct LayerInfo {
  std::string name;       // unique; the field's name, e.g. "fire5", "block3", "conv1"
  std::string kind;       // input conv pool fire block expand depthwise head logits softmax
  std::string operation;  // what computes it, e.g. "Conv 7×7 / 2 + ReLU"
  int32_t height = 0, width = 0, channels = 0;  // of its activation
  int64_t parameters = 0;                       // weights and biases counted once
  int64_t flops = 0;                            // multiply and add count as two
  bool has_pre_activation = false;              // the value before its ReLU can be inspected
  bool minor = false;  // a step inside a block: shown when its block is opened
  // Filters (kernel_height 0: this layer has none): out × in-per-group × kh × kw.
  int32_t kernel_height = 0, kernel_width = 0, filter_inputs = 0, filter_outputs = 0;
  std::vector<std::string>
      filter_names;                    // convolutions inside, e.g. squeeze1x1, expand1x1, expand3x3
  std::vector<std::string> operators;  // kinds, each once, as they are first computed
  ReceptiveField receptive_field;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.name, s.kind, s.operation, s.height, s.width, s.channels, s.parameters, s.flops,
      s.has_pre_activation, s.minor, s.kernel_height, s.kernel_width, s.filter_inputs,
      s.filter_outputs, s.filter_names, s.operators, s.receptive_field);
  }
};

// The value of a method's parameter.
struct ParameterValue {
  std::string id;
  double value = 0;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.id, s.value);
  }
};

struct ModelInfo {
  std::string id, title;
  Text summary;          // one sentence; empty for a network that ConvScope does not know
  std::string citation;  // its paper
  std::vector<std::string> labels;  // names of its classes that its file brings; empty: none
  int32_t input_height = 0, input_width = 0, input_channels = 3;
  int32_t classes = 0;
  Text preprocessing;             // one sentence for the inspector
  std::string input;              // the same as settings (input_settings.h)
  bool input_adjustable = false;  // the file does not say it: a person may choose
  bool input_guessed = false;     // … and has not chosen yet
  int64_t parameters = 0, flops = 0;
  std::vector<LayerInfo> layers;
  std::vector<OperatorInfo> operators;    // that these layers name
  std::vector<ParameterValue> suggested;  // "deep_dream.smoothing" → 1: instead of initial values
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.id, s.title, s.summary, s.citation, s.labels, s.input_height, s.input_width,
      s.input_channels, s.classes, s.preprocessing, s.input, s.input_adjustable, s.input_guessed,
      s.parameters, s.flops, s.layers, s.operators, s.suggested);
  }
};

// --- Methods -----------------------------------------------------------------------------------

enum class ParameterType : uint8_t { kNumber, kInteger, kBool, kChoice };

// One adjustable parameter of a method. A bool is 0 or 1, a choice an index into `choices`.
struct ParameterInfo {
  std::string id;
  Text title, help;
  ParameterType type = ParameterType::kNumber;
  double minimum = 0, maximum = 1, initial = 0, step = 0;  // step 0: continuous
  bool logarithmic = false;
  std::string unit;
  std::vector<Text> choices;
  std::vector<std::string> choice_ids = {};  // where they are things with a name, e.g. methods
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.id, s.title, s.help, s.type, s.minimum, s.maximum, s.initial, s.step, s.logarithmic, s.unit,
      s.choices, s.choice_ids);
  }
};

enum class MethodFamily : uint8_t { kExplain, kImagine };

// What the interface knows of a visualisation method; a constant in the method's file.
struct MethodInfo {
  std::string id;  // e.g. "gradient", "deep_dream"
  MethodFamily family = MethodFamily::kExplain;
  Text title, intuition, departures;
  std::string equation;         // UTF-8 mathematics
  std::string citation, paper;  // "Simonyan et al. 2014, section 3", where it is read: https://…
  std::string source;           // path of the method's file in the repository
  bool is_signed = false, class_specific = true;
  bool takes_layer = false, needs_layer = false;  // one that needs a layer is given a good one
  uint64_t seed = 1;                              // of everything random, where a person names none
  std::vector<ParameterInfo> parameters;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.id, s.family, s.title, s.intuition, s.departures, s.equation, s.citation, s.paper, s.source,
      s.is_signed, s.class_specific, s.takes_layer, s.needs_layer, s.seed, s.parameters);
  }
};

// --- Results -----------------------------------------------------------------------------------

// A plane of numbers over the picture (height × width float32), with its raw range.
struct Map {
  int32_t height = 0, width = 0;
  Blob values;
  float minimum = 0, maximum = 0;
  bool is_signed = false;
  std::string unit;  // e.g. "|∂logit/∂pixel|"
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.height, s.width, s.values, s.minimum, s.maximum, s.is_signed, s.unit);
  }
};

// Numbers over the picture's pixels and colours, in the network's own channel order, or over a
// layer's places and channels (height × width × channels float32).
struct Attribution {
  int32_t height = 0, width = 0, channels = 0;
  Blob values;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.height, s.width, s.channels, s.values);
  }
};

// RGBA, 8 bits a channel, rows from the top.
struct Picture {
  int32_t height = 0, width = 0;
  Blob rgba;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.height, s.width, s.rgba);
  }
};

// One class of an answer to a picture.
struct ClassAnswer {
  int32_t index = 0;
  float probability = 0, logit = 0;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.index, s.probability, s.logit);
  }
};

// A curve that a method has measured: ys over ascending xs, equally many float32.
struct Curve {
  Text title, x_title, y_title;
  Blob xs, ys;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.title, s.x_title, s.y_title, s.xs, s.ys);
  }
};

// What one channel of a layer, or a whole layer, adds to a class's score.
struct Contribution {
  std::string layer;     // empty: the run's own
  int32_t channel = -1;  // -1: the whole layer
  double value = 0;      // of the logit
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.layer, s.channel, s.value);
  }
};

// A labelled figure that a method reports about itself (loss, octave, mean |g| …).
struct Figure {
  Text title;
  double value = 0;
  std::string unit;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.title, s.value, s.unit);
  }
};

}  // namespace convscope
