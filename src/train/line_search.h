// A line search for the strong Wolfe conditions. Internal to src/train.
#pragma once

#include <functional>

#include "base/result.h"

namespace convscope {

// The function along the line, at one length of step.
struct LinePoint {
  double step = 0, value = 0, slope = 0;  // slope: the derivative to `step`
};

// A step that lowers the value by at least 1e-4 of what the slope at `start` promises, and at which
// the slope has shrunk to 0.9 of that; or the best one found in 25 evaluations, which may be
// `start` itself (step 0). `start` has a negative slope, `first_step` is positive. A value that is
// no number counts as a step too far.
// Nocedal & Wright, "Numerical Optimization", algorithms 3.5 (find a bracket) and 3.6 (shrink it);
// cubic interpolation (their equation 3.59) and safeguards as in minFunc, Schmidt 2005.
Result<LinePoint> strong_wolfe_search(const LinePoint& start, double first_step,
                                      double longest_direction,
                                      const std::function<Result<LinePoint>(double step)>& at);

}  // namespace convscope
