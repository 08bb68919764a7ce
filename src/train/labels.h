// Numbers of classes, as OneHot reads them.
#pragma once

#include "base/result.h"
#include "tensor/tensor.h"

namespace convscope {

// Fails, naming the first offender, unless every label is a whole number from 0 to below `classes`.
// OneHot itself would give a row of zeros, from which nothing is learnt and nobody is told.
Status check_labels(const Tensor& labels, int64_t classes);

}  // namespace convscope
