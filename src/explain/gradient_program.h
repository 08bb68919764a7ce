// The backward program that gradient methods share: from the picture and a seed on the logits to
// the picture's gradient.
#pragma once

#include "graph/vjp.h"
#include "model/model.h"
#include "runtime/session.h"

namespace convscope {

// d<seed, logits>/d(input) with the rules. Feeds: input, seed (shape of the logits). Outputs: the
// input's cotangent, logits. `rules_name` distinguishes programs of different rules in the
// session's cache.
Result<Program*> logit_gradient_program(const Model& model, Session& session, const Shape& input,
                                        const std::string& rules_name, const VjpRules& rules);

// 1 at `index`, 0 elsewhere.
Result<Tensor> one_hot(const Shape& shape, int64_t index);

}  // namespace convscope
