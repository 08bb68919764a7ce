// Events: what the engine answers. `request` names the command; 0 is the engine's own initiative.
#pragma once

#include <variant>

#include "protocol/command.h"
#include "protocol/types.h"

namespace convscope {

// Sent once, unasked, when the engine can take commands.
struct EngineReady {
  std::string build;  // simd, simd-threads, relaxed, relaxed-threads, native
  int32_t threads = 1, max_threads = 1;
  std::vector<MethodInfo> methods;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.build, s.threads, s.max_threads, s.methods);
  }
};

struct ModelLoaded {
  ModelInfo model;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.model);
  }
};

struct ImageReady {
  int32_t width = 0, height = 0;  // of the picture as it stands upright
  Picture preview;                // the whole picture, at most 640 px on its longer side
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.width, s.height, s.preview);
  }
};

// The strongest channels of one layer as small pictures.
struct LayerThumbnails {
  std::string layer;
  int32_t height = 0, width = 0;  // of each
  std::vector<int32_t> channels;
  Blob values;  // uint8, one plane per channel, each stretched to 0…255
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.layer, s.height, s.width, s.channels, s.values);
  }
};

struct ForwardDone {
  Picture input;               // exactly what the network saw, as RGBA
  Blob logits, probabilities;  // float32 × classes
  std::vector<LayerThumbnails> thumbnails;
  int64_t micros = 0;      // of the forward pass alone
  int64_t heap_bytes = 0;  // of the engine module; natively, of its tensors
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.input, s.logits, s.probabilities, s.thumbnails, s.micros, s.heap_bytes);
  }
};

struct Activations {
  std::string layer;
  bool pre_activation = false;
  int32_t height = 0, width = 0, channels = 0;
  Blob values;                // float32, channels × height × width (one plane after another)
  Blob ranges;                // float32, channels × 2: minimum, maximum
  std::vector<int32_t> dead;  // channels that are zero everywhere on this picture
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.layer, s.pre_activation, s.height, s.width, s.channels, s.values, s.ranges, s.dead);
  }
};

struct Filters {
  std::string layer, filter;
  int32_t outputs = 0, inputs = 0, kernel_height = 0, kernel_width = 0;  // inputs: per group
  bool colour = false;  // the three inputs are the picture's colours, given as R, G, B
  Blob values;          // float32, outputs × inputs × kernel_height × kernel_width
  Blob bias;            // float32 × outputs
  std::vector<int32_t> by_similarity;  // an order in which neighbours look alike
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.layer, s.filter, s.outputs, s.inputs, s.kernel_height, s.kernel_width, s.colour, s.values,
      s.bias, s.by_similarity);
  }
};

struct FilterResponse {
  std::string layer, filter;
  int32_t output_channel = 0, input_channel = -1;
  Map map;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.layer, s.filter, s.output_channel, s.input_channel, s.map);
  }
};

// What a method has so far, or in the end. Explanations fill `map`, imagination fills `picture`. An
// explanation that has a number for every colour, or for every unit of a layer, gives those too;
// its map is one of each pixel.
struct MethodPreview {
  std::string method;
  int32_t step = 0, steps = 0;
  std::string stage;  // stable key of what it does now, e.g. "octave 2/4"
  std::optional<Map> map;
  std::vector<Map> maps;  // what else is shown, as the method says
  std::optional<Picture> picture;
  std::optional<Attribution> attribution;
  std::vector<Figure> figures;
  std::vector<Curve> curves;
  std::vector<ClassAnswer> answers;  // to what the method changed, most probable first
  std::vector<Contribution>
      contributions;  // channels: largest amount first; layers: in their order
  Text diagnosis;     // empty, or what is wrong with the picture, in words
  bool paused = false;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.method, s.step, s.steps, s.stage, s.map, s.maps, s.picture, s.attribution, s.figures,
      s.curves, s.answers, s.contributions, s.diagnosis, s.paused);
  }
};

struct MethodResult {
  MethodPreview last;
  int32_t target = -1;
  std::string layer;
  bool untrained = false;
  int64_t micros = 0;
  Text diagnosis;  // empty, or why the picture is blank or must be doubted
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.last, s.target, s.layer, s.untrained, s.micros, s.diagnosis);
  }
};

struct FileReady {
  std::string name, mime;
  Blob bytes;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.name, s.mime, s.bytes);
  }
};

struct Done {
  template <class V, class S>
  static void fields(V&, S&) {}
};

// A node for which a network cannot be opened.
struct RefusedNode {
  std::string op, name;  // the operator; the node's name in the file
  Text reason;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.op, s.name, s.reason);
  }
};
inline constexpr size_t kMaxRefusedNodes = 200;  // that Failed names

struct Failed {
  std::string code;  // error_code_name
  Text message;
  std::vector<RefusedNode> nodes = {};
  int32_t more_nodes = 0;  // beyond kMaxRefusedNodes
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.code, s.message, s.nodes, s.more_nodes);
  }
};

using Event = std::variant<EngineReady, ModelLoaded, ImageReady, ForwardDone, Activations, Filters,
                           FilterResponse, MethodPreview, MethodResult, FileReady, Done, Failed>;

// Whether an event ends its command: everything but EngineReady and MethodPreview.
bool is_final(const Event& event);

struct EventMessage {
  RequestId request = 0;
  Event event;
};

}  // namespace convscope
