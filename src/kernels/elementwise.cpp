// Clamp, its gradient, and scaling: plain loops that the compiler vectorises.
#include <limits>

#include "kernels/kernels.h"
#include "kernels/rows.h"

namespace convscope {
namespace {

// A kernel over N views of one shape (inputs, then the output): Body is called on contiguous runs.
template <size_t N, typename Body>
class Elementwise final : public Kernel {
 public:
  explicit Elementwise(Body body) : body_(body) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    for (size_t i = 0; i + 1 < N; ++i) views_[i] = inputs[i];
    views_[N - 1] = outputs[0];
    return {};
  }
  Status run(ThreadPool& pool) override {
    for_each_run(views_, pool, body_);
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  const Body body_;
  std::array<TensorView, N> views_;
};

template <size_t N, typename Body>
KernelPtr make_elementwise(Body body) {
  return std::make_unique<Elementwise<N, Body>>(body);
}

}  // namespace

KernelPtr make_clamp_kernel(float minimum, float maximum) {
  if (maximum == std::numeric_limits<float>::infinity()) {
    return make_elementwise<2>([minimum](const std::array<float*, 2>& p, int64_t count) {
      const float* x = p[0];
      float* y = p[1];
      for (int64_t i = 0; i < count; ++i) y[i] = x[i] < minimum ? minimum : x[i];
    });
  }
  return make_elementwise<2>([minimum, maximum](const std::array<float*, 2>& p, int64_t count) {
    const float* x = p[0];
    float* y = p[1];
    for (int64_t i = 0; i < count; ++i) {
      const float low = x[i] < minimum ? minimum : x[i];
      y[i] = low > maximum ? maximum : low;
    }
  });
}

KernelPtr make_clamp_grad_kernel(float minimum, float maximum) {
  if (maximum == std::numeric_limits<float>::infinity()) {
    return make_elementwise<3>([minimum](const std::array<float*, 3>& p, int64_t count) {
      const float *y = p[0], *dy = p[1];
      float* dx = p[2];
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
    for (int64_t i = 0; i < count; ++i) {
      const float gradient = dy[i];
      const float low = y[i] > minimum ? gradient : 0.0f;
      dx[i] = y[i] < maximum ? low : 0.0f;
    }
  });
}

KernelPtr make_scale_kernel(float factor) {
  return make_elementwise<2>([factor](const std::array<float*, 2>& p, int64_t count) {
    const float* x = p[0];
    float* y = p[1];
    for (int64_t i = 0; i < count; ++i) y[i] = x[i] * factor;
  });
}

}  // namespace convscope
