// What suits a network: where a method shows most on it, and with which settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"
#include "protocol/types.h"

namespace convscope {

// The layer at which a method shows most on this network; any layer may be asked for.
std::string suggested_layer(const Model& model, std::string_view method);

// Parameters whose value on this network is better than the method's initial one:
// "deep_dream.smoothing" → 1.
std::vector<ParameterValue> suggested_parameters(const Model& model);

// Adds those of `method` that a request leaves open.
void add_suggested(const Model& model, std::string_view method,
                   std::vector<ParameterValue>* parameters);

}  // namespace convscope
