// Kernels that treat every element alike. Internal to src/kernels.
#pragma once

#include "kernels/rows.h"

namespace convscope {

// Before a loop whose output may be one of its inputs: each turn reads and writes its own element
// only, which the compiler cannot know.
#define CONVSCOPE_ELEMENTWISE_LOOP _Pragma("clang loop vectorize(assume_safety)")

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
  bool works_in_place() const override { return true; }

 private:
  const Body body_;
  std::array<TensorView, N> views_;
};

template <size_t N, typename Body>
std::unique_ptr<Kernel> make_elementwise(Body body) {
  return std::make_unique<Elementwise<N, Body>>(body);
}

// y = f(x).
template <typename Function>
std::unique_ptr<Kernel> make_map(Function function) {
  return make_elementwise<2>([function](const std::array<float*, 2>& p, int64_t count) {
    const float* x = p[0];
    float* y = p[1];
    CONVSCOPE_ELEMENTWISE_LOOP
    for (int64_t i = 0; i < count; ++i) y[i] = function(x[i]);
  });
}

}  // namespace convscope
