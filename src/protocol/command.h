// Commands: what the page asks of the engine. Each ends in exactly one final event (event.h).
#pragma once

#include <variant>

#include "protocol/types.h"

namespace convscope {

using RequestId = uint32_t;  // chosen by the page, never 0

// Opens a network. Final event: ModelLoaded.
struct LoadModel {
  std::string id;      // of the catalog, e.g. "squeezenet-1.0"; of "onnx" any name
  std::string format;  // "csb" (bundle), "net" (compressed SqueezeNet) or "onnx"
  std::string input;   // of "onnx": how a picture becomes the input (input_settings.h); "": guessed
  Blob bytes;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.id, s.format, s.input, s.bytes);
  }
};

// Decodes a JPEG or PNG file and makes it the picture. Final event: ImageReady. A picture that
// cannot be decoded leaves the old one in place.
struct SetImage {
  std::string name;  // file name, for messages
  Blob bytes;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.name, s.bytes);
  }
};

// The same for pixels that the browser already has (a webcam frame). Final event: ImageReady.
struct SetPixels {
  Picture picture;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.picture);
  }
};

// Runs the network on the picture. Final event: ForwardDone.
struct Forward {
  int32_t thumbnails = 4;  // activation maps per layer in the answer
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.thumbnails);
  }
};

// All activation maps of one layer for the picture. Final event: Activations.
struct GetActivations {
  std::string layer;
  bool pre_activation = false;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.layer, s.pre_activation);
  }
};

// The weights of a layer's convolution. Final event: Filters.
struct GetFilters {
  std::string layer;
  std::string filter;  // one of LayerInfo::filter_names; empty: the first
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.layer, s.filter);
  }
};

// What one filter answers on the picture: the convolution's output channel before bias and
// activation where one input channel is named, else with bias, before activation. Final event:
// FilterResponse.
struct GetFilterResponse {
  std::string layer, filter;
  int32_t output_channel = 0;
  int32_t input_channel = -1;  // -1: all
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.layer, s.filter, s.output_channel, s.input_channel);
  }
};

// Runs a visualisation method. Events: MethodPreview …, final MethodResult.
struct RunMethod {
  std::string method;
  int32_t target = -1;            // class index; -1: the network's first answer
  std::string layer;              // empty: the method's default
  std::vector<int32_t> channels;  // empty: all
  bool untrained = false;         // on a copy of the network with random weights
  bool paused = false;            // yields its first preview, then waits for Resume or Step
  uint64_t seed = 1;
  std::vector<ParameterValue> parameters;  // missing ones take their initial value
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.method, s.target, s.layer, s.channels, s.untrained, s.paused, s.seed, s.parameters);
  }
};

// Control of a running method. Final event: Done. The cancelled request itself ends in
// Failed(cancelled).
struct Cancel {
  RequestId request = 0;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.request);
  }
};
struct Pause {
  RequestId request = 0;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.request);
  }
};
struct Resume {
  RequestId request = 0;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.request);
  }
};
// Runs a paused method to its next preview.
struct Step {
  RequestId request = 0;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.request);
  }
};

// Final event: Done.
struct SetThreads {
  int32_t threads = 1;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.threads);
  }
};

// Encodes a picture as a PNG file. Final event: FileReady.
struct EncodePng {
  std::string name;
  Picture picture;
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.name, s.picture);
  }
};

// Writes the open network as an ONNX file. Final event: FileReady.
struct SaveOnnx {
  std::string name;                 // of the file
  std::vector<std::string> labels;  // class names to keep in it; empty: none
  template <class V, class S>
  static void fields(V& v, S& s) {
    v(s.name, s.labels);
  }
};

using Command = std::variant<LoadModel, SetImage, SetPixels, Forward, GetActivations, GetFilters,
                             GetFilterResponse, RunMethod, Cancel, Pause, Resume, Step, SetThreads,
                             EncodePng, SaveOnnx>;

struct CommandMessage {
  RequestId request = 0;
  Command command;
};

}  // namespace convscope
