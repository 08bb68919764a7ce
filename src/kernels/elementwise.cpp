// Clamp, its gradient, and scaling: plain loops that the compiler vectorises.
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/kernels.h"

namespace convscope {
KernelPtr make_clamp_kernel(float minimum, float maximum) {
  if (maximum == std::numeric_limits<float>::infinity()) {
    return make_map([minimum](float x) { return x < minimum ? minimum : x; });
  }
  return make_map([minimum, maximum](float x) {
    const float low = x < minimum ? minimum : x;
    return low > maximum ? maximum : low;
  });
}

KernelPtr make_clamp_grad_kernel(float minimum, float maximum) {
  if (maximum == std::numeric_limits<float>::infinity()) {
    return make_elementwise<3>([minimum](const std::array<float*, 3>& p, int64_t count) {
      const float *y = p[0], *dy = p[1];
      float* dx = p[2];
      CONVSCOPE_ELEMENTWISE_LOOP
      for (int64_t i = 0; i < count; ++i) {
        const float gradient =
            dy[i];  // read in any case: a load under a condition would not be vectorised
        dx[i] = y[i] > minimum ? gradient : 0.0f;
      }
    });
  }
  return make_elementwise<3>([minimum, maximum](const std::array<float*, 3>& p, int64_t count) {
    const float *y = p[0], *dy = p[1];
    float* dx = p[2];
    CONVSCOPE_ELEMENTWISE_LOOP
    for (int64_t i = 0; i < count; ++i) {
      const float gradient = dy[i];
      const float low = y[i] > minimum ? gradient : 0.0f;
      dx[i] = y[i] < maximum ? low : 0.0f;
    }
  });
}

KernelPtr make_scale_kernel(float factor) {
  return make_map([factor](float x) { return x * factor; });
}

}  // namespace convscope
