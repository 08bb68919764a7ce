// Other rules for the way back through rectifiers: guided backpropagation and deconvnet.
#pragma once

#include "explain/gradient_program.h"

namespace convscope {

enum class RectifierRule : uint8_t {
  kGuided,     // max(0, gradient) where the rectifier is on
  kDeconvnet,  // max(0, incoming gradient), whether or not it was on
};

// Relu and Clip from 0 (ReLU6); every other operator keeps its own derivative.
VjpRules rules_of(RectifierRule rule);
// How many of the graph's nodes the rules replace.
int64_t rectifiers(const Graph& graph);

// Back to the picture from the class's logit, or from one unit of the request's layer.
struct Projection {
  std::vector<float> values;                    // H × W × C of the input
  int64_t row = -1, column = -1, channel = -1;  // the unit; -1: from the logit
  double score = 0;                             // the logit, or the unit's activation
};
// Where the unit is looked for; -1: anywhere.
struct Place {
  int64_t row = -1, column = -1;
};
// How colours are combined, and the place as the parameters "row" and "column".
std::vector<ParameterInfo> projection_parameters();
Place place_of(const MethodInfo& info, const RunMethod& request);
// The unit is the layer's strongest one at that place, of the request's channels or of all.
Result<Projection> project(const MethodContext& context, const RunMethod& request,
                           RectifierRule rule, const Place& place = {});

// What both methods show of it.
MethodPreview projection_preview(const MethodInfo& info, const RunMethod& request,
                                 const MethodContext& context, const Projection& projection);

}  // namespace convscope
