#include "kernels/axis_map.h"

#include "kernels/kernels.h"
#include "kernels/rows.h"

namespace convscope {

AxisMap AxisMap::gather(std::span<const int64_t> sources) {
  AxisMap out;
  for (int64_t source : sources) {
    out.terms.push_back({source, 1});
    out.close();
  }
  return out;
}

AxisMap AxisMap::transposed(int64_t extent) const {
  std::vector<std::vector<Term>> by_source(static_cast<size_t>(extent));
  for (int64_t j = 0; j < outputs(); ++j) {
    for (const Term& term : of(j))
      by_source[static_cast<size_t>(term.source)].push_back({j, term.weight});
  }
  AxisMap out;
  for (const std::vector<Term>& list : by_source) {
    out.terms.insert(out.terms.end(), list.begin(), list.end());
    out.close();
  }
  return out;
}

namespace {

class AxisMapKernel final : public Kernel {
 public:
  AxisMapKernel(int axis, AxisMap map) : axis_(axis), map_(std::move(map)) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    y_ = outputs[0];
    CHECK(y_.shape[axis_] == map_.outputs());
    return {};
  }

  Status run(ThreadPool& pool) override {
    const int64_t channels = y_.shape.channels();
    const bool along_channels = axis_ == y_.shape.rank() - 1;
    pool.for_each_tile(static_cast<size_t>(y_.shape.rows()), rows_per_tile(channels),
                       [&](size_t begin, size_t end) {
                         for (auto row = static_cast<int64_t>(begin);
                              row < static_cast<int64_t>(end); ++row) {
                           if (along_channels) {
                             map_channels(row);
                           } else {
                             map_row(row);
                           }
                         }
                       });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  void map_channels(int64_t row) const {
    const float* x = x_.data + row * x_.row_stride;
    float* y = y_.data + row * y_.row_stride;
    for (int64_t j = 0; j < map_.outputs(); ++j) {
      float sum = 0;
      for (const AxisMap::Term& term : map_.of(j))
        sum += static_cast<float>(term.weight) * x[term.source];
      y[j] = sum;
    }
  }

  // One row of channels is a weighted sum of rows of x.
  void map_row(int64_t row) const {
    int64_t inner = 1;  // rows behind the axis
    for (int i = axis_ + 1; i + 1 < y_.shape.rank(); ++i) inner *= y_.shape[i];
    const int64_t j = row / inner % map_.outputs(), outer = row / inner / map_.outputs();
    const int64_t channels = y_.shape.channels();
    float* y = y_.data + row * y_.row_stride;
    bool first = true;
    for (const AxisMap::Term& term : map_.of(j)) {
      const int64_t from = (outer * x_.shape[axis_] + term.source) * inner + row % inner;
      const float* x = x_.data + from * x_.row_stride;
      const auto weight = static_cast<float>(term.weight);
      if (first && weight == 1.0f) {
        std::copy_n(x, channels, y);
      } else if (first) {
        for (int64_t c = 0; c < channels; ++c) y[c] = weight * x[c];
      } else {
        for (int64_t c = 0; c < channels; ++c) y[c] += weight * x[c];
      }
      first = false;
    }
    if (first) std::fill_n(y, channels, 0.0f);
  }

  const int axis_;
  const AxisMap map_;
  TensorView x_, y_;
};

}  // namespace

KernelPtr make_axis_map_kernel(int axis, AxisMap map) {
  return std::make_unique<AxisMapKernel>(axis, std::move(map));
}

}  // namespace convscope
