// The one operator that differentiation itself needs: where a value is read twice, its cotangents
// are added. Declared here and defined in ops/add.cpp, so that `graph` includes nothing of `ops`.
#pragma once

#include "graph/op.h"

namespace convscope {

// Element-wise sum of two values of one shape.
OpPtr make_sum();

}  // namespace convscope
