#include "train/labels.h"

#include <cmath>
#include <format>

namespace convscope {

Status check_labels(const Tensor& labels, int64_t classes) {
  for (int64_t i = 0; i < labels.shape().elements(); ++i) {
    const float label = labels.data()[i];
    if (label >= 0 && label < static_cast<float>(classes) && label == std::floor(label)) continue;
    return fail(
        ErrorCode::kInvalidArgument,
        std::format("label {} is {}; want a whole number from 0 to {}", i, label, classes - 1));
  }
  return {};
}

}  // namespace convscope
