// The layers that people see of a network whose file names nodes only. Internal to src/model.
#pragma once

#include <vector>

#include "model/model.h"

namespace convscope {

// One for each convolution and linear layer with its activation, each pooling, concatenation and
// residual sum, and the logits; in the order of the graph. Named after the nodes where that is
// unique ("/features/features.0/Conv" is "features.0"), else by kind and number.
std::vector<ModelLayer> onnx_layers(const Model& model);

}  // namespace convscope
