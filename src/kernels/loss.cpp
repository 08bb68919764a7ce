// What training asks of a network's last layer: how wrong it is, and one-hot targets to compare it
// with. Sums run in double, row by row, whatever the number of threads.
#include <cmath>
#include <numeric>

#include "kernels/elementwise.h"
#include "kernels/kernels.h"

namespace convscope {
namespace {

float largest(const float* x, int64_t count) {
  float out = x[0];
  for (int64_t i = 1; i < count; ++i) out = std::max(out, x[i]);
  return out;
}

// (x, t) -> one number, the mean over rows or elements of what `row_loss` gives for each row.
class MeanLoss : public Kernel {
 public:
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    target_ = inputs[1];
    loss_ = outputs[0].data;
    rows_.resize(static_cast<size_t>(x_.shape.rows()));
    return {};
  }

  Status run(ThreadPool& pool) override {
    const int64_t channels = x_.shape.channels();
    pool.for_each_tile(rows_.size(), rows_per_tile(channels), [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) {
        const auto at = static_cast<int64_t>(row);
        rows_[row] = row_loss(x_.data + at * x_.row_stride, target_.data + at * target_.row_stride,
                              channels);
      }
    });
    const double total = std::accumulate(rows_.begin(), rows_.end(), 0.0);
    *loss_ = static_cast<float>(total / static_cast<double>(divisor(x_.shape)));
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  virtual double row_loss(const float* x, const float* target, int64_t channels) const = 0;
  virtual int64_t divisor(const Shape& shape) const = 0;

  TensorView x_, target_;
  float* loss_ = nullptr;
  std::vector<double> rows_;
};

class SoftmaxCrossEntropy final : public MeanLoss {
  double row_loss(const float* x, const float* target, int64_t channels) const override {
    const float maximum = largest(x, channels);
    double sum = 0;
    for (int64_t c = 0; c < channels; ++c) sum += static_cast<double>(std::exp(x[c] - maximum));
    const double rest = std::log(sum);
    double loss = 0;
    for (int64_t c = 0; c < channels; ++c) {
      // A logit of minus infinity is no loss where nothing was expected of it.
      if (target[c] == 0) continue;
      loss += static_cast<double>(target[c]) * (rest - static_cast<double>(x[c] - maximum));
    }
    return loss;
  }
  int64_t divisor(const Shape& shape) const override { return shape.rows(); }
};

class MeanSquaredError final : public MeanLoss {
  double row_loss(const float* x, const float* target, int64_t channels) const override {
    double loss = 0;
    for (int64_t c = 0; c < channels; ++c) {
      const auto difference = static_cast<double>(x[c] - target[c]);
      loss += difference * difference;
    }
    return loss;
  }
  int64_t divisor(const Shape& shape) const override { return shape.elements(); }
};

class SoftmaxCrossEntropyGrad final : public Kernel {
 public:
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    target_ = inputs[1];
    dx_ = outputs[0];
    return {};
  }

  Status run(ThreadPool& pool) override {
    const int64_t channels = x_.shape.channels(), rows = x_.shape.rows();
    pool.for_each_tile(
        static_cast<size_t>(rows), rows_per_tile(channels), [&](size_t begin, size_t end) {
          for (auto row = static_cast<int64_t>(begin); row < static_cast<int64_t>(end); ++row)
            row_gradient(row, channels, 1.0f / static_cast<float>(rows));
        });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  void row_gradient(int64_t row, int64_t channels, float share) const {
    const float* x = x_.data + row * x_.row_stride;
    const float* target = target_.data + row * target_.row_stride;
    float* dx = dx_.data + row * dx_.row_stride;
    const float maximum = largest(x, channels);
    double sum = 0, expected = 0;
    for (int64_t c = 0; c < channels; ++c) {
      dx[c] = std::exp(x[c] - maximum);
      sum += static_cast<double>(dx[c]);
      expected += static_cast<double>(target[c]);
    }
    const auto factor = static_cast<float>(expected / sum);
    for (int64_t c = 0; c < channels; ++c) dx[c] = (factor * dx[c] - target[c]) * share;
  }

  TensorView x_, target_, dx_;
};

class OneHot final : public Kernel {
 public:
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    labels_ = inputs[0];
    y_ = outputs[0];
    return {};
  }

  Status run(ThreadPool&) override {
    const int64_t depth = y_.shape.channels();
    for (int64_t row = 0; row < y_.shape.rows(); ++row) {
      float* y = y_.data + row * y_.row_stride;
      std::fill_n(y, depth, 0.0f);
      const float label = labels_.data[row], deep = static_cast<float>(depth);
      if (label >= -deep && label < deep && label == std::floor(label))
        y[static_cast<int64_t>(label) + (label < 0 ? depth : 0)] = 1;
    }
    return {};
  }

 private:
  TensorView labels_, y_;
};

}  // namespace

KernelPtr make_softmax_cross_entropy_kernel() { return std::make_unique<SoftmaxCrossEntropy>(); }
KernelPtr make_softmax_cross_entropy_grad_kernel() {
  return std::make_unique<SoftmaxCrossEntropyGrad>();
}
KernelPtr make_mean_squared_error_kernel() { return std::make_unique<MeanSquaredError>(); }
KernelPtr make_one_hot_kernel() { return std::make_unique<OneHot>(); }

}  // namespace convscope
