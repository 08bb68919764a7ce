// The backward program of "more of what this layer sees": the gradient of the mean of squares of a
// layer's activation.
#pragma once

#include "model/model.h"
#include "runtime/session.h"

namespace convscope {

// d mean(a² · mask)/d(input) for a layer's activation a. Feeds: input (of any size that the layers
// below allow), mask (1×1×1×C, 1 for the channels that count). Outputs: the input's gradient, a.
Result<Program*> mean_square_program(const Model& model, Session& session, const ModelLayer& layer,
                                     const Shape& input);

}  // namespace convscope
