// The method that another method judges: faithfulness and randomisation ask for its map.
#pragma once

#include <span>

#include "method/method.h"

namespace convscope {

// The parameter "method", a choice of every method whose map says how much each pixel matters;
// Grad-CAM unless chosen otherwise.
ParameterInfo judged_parameter();
const Method& judged_method(const MethodInfo& info, const RunMethod& request);
// Those of them that take a few passes at most, in the same order.
std::span<const Method* const> quick_methods();
// What is asked of it: the same class, the layer where it needs one, its own seed and its
// parameters as they are at first.
RunMethod judged_request(const Method& method, const RunMethod& request);

// `unsupported` where a map holds values that are not numbers, which have no order.
Status check_judged(const MethodPreview& judged);

}  // namespace convscope
