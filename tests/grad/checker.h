// Compares an operator's derivative rule with central differences, all in double precision.
#pragma once

#include <optional>
#include <string>

#include "graph/vjp.h"
#include "ops/ops.h"

namespace convscope::testing {

// Checks d<seed, op(x)>/dx of every differentiable input of a sample, element by element, for a
// random seed; for tiny samples the full Jacobian, seed by seed. Describes the first disagreement;
// nothing where all agree.
std::optional<std::string> check_vjp(const OpEntry::Sample& sample, uint64_t random_seed);

}  // namespace convscope::testing
