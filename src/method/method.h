// Method: what every visualisation method is, whether it explains an answer or imagines a picture.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/generator.h"
#include "base/result.h"
#include "image/image.h"
#include "model/model.h"
#include "protocol/command.h"
#include "protocol/event.h"
#include "runtime/session.h"

namespace convscope {

// What a method works on. Model and session outlive the run; a run is destroyed before the model
// changes.
struct MethodContext {
  const Model& model;
  Session& session;                      // of the trained network, or of its untrained copy
  Tensor input;                          // 1×H×W×3, exactly what the network sees
  std::shared_ptr<const Image> picture;  // upright, as the person gave it
  std::shared_ptr<Session> kept = {};    // the untrained copy may be replaced while a run goes on
};

// Yields previews; the last one is the result.
using MethodRun = Generator<MethodPreview, Result<MethodPreview>>;

struct Method {
  const MethodInfo& (*info)();
  MethodRun (*run)(MethodContext context, RunMethod request);
};

// The value of a parameter: the request's, clamped into its range, else its initial value.
double parameter_value(const MethodInfo& info, const RunMethod& request, std::string_view id);

// Rows of a method's parameter table.
ParameterInfo number_parameter(std::string id, Text title, Text help, double minimum,
                               double maximum, double initial, double step, std::string unit = "");
ParameterInfo integer_parameter(std::string id, Text title, Text help, int64_t minimum,
                                int64_t maximum, int64_t initial, std::string unit = "");
ParameterInfo bool_parameter(std::string id, Text title, Text help, bool initial);
ParameterInfo choice_parameter(std::string id, Text title, Text help, std::vector<Text> choices,
                               size_t initial = 0);

// Checks a request, its layer filled in where the method needs one, against a method's table:
// unknown parameters, a layer that is missing or not in the model, a class or channel out of range,
// each with one sentence.
Status check_request(const MethodInfo& info, const RunMethod& request, const Model& model);

// A plane of float32 with the range of its finite values.
Map make_map(int64_t height, int64_t width, std::span<const float> values, bool is_signed,
             std::string unit);
std::span<const float> values_of(const Map& map);

}  // namespace convscope
