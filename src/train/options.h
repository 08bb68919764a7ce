// Checks that the optimizers share. Internal to src/train.
#pragma once

#include <cmath>
#include <format>
#include <string_view>

#include "base/result.h"

namespace convscope {

// A number in [minimum, limit).
inline Status check_option(std::string_view name, double value, double minimum, double limit) {
  if (value >= minimum && value < limit) return {};
  const std::string range = std::isinf(limit)
                                ? std::format("a finite number from {} on", minimum)
                                : std::format("a number from {} to below {}", minimum, limit);
  return fail(ErrorCode::kInvalidArgument, std::format("{} wants {}; got {}", name, range, value));
}

// What a step refuses to build on.
inline Status check_loss(double loss) {
  if (std::isfinite(loss)) return {};
  return fail(
      ErrorCode::kInvalidArgument,
      std::format("the loss has become {}; start again with a smaller learning rate", loss));
}

}  // namespace convscope
