// Kernels that only move rows: reshape, concat, slice and constant padding, where memory cannot be
// shared instead.
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/rows.h"

namespace convscope {
namespace {

// Copies `rows` rows of `channels` elements.
void copy_rows(const float* from, int64_t from_stride, float* to, int64_t to_stride, int64_t rows,
               int64_t channels, ThreadPool& pool) {
  pool.for_each_tile(
      static_cast<size_t>(rows), rows_per_tile(channels), [&](size_t begin, size_t end) {
        for (auto row = static_cast<int64_t>(begin); row < static_cast<int64_t>(end); ++row) {
          std::memcpy(to + row * to_stride, from + row * from_stride,
                      static_cast<size_t>(channels) * sizeof(float));
        }
      });
}

// Copies `part` between itself and the range of `whole` that starts at `begin` of `axis`, in the
// given direction.
void copy_part(const TensorView& whole, const TensorView& part, int axis, int64_t begin,
               bool into_whole, ThreadPool& pool) {
  const int64_t channels = part.shape.channels();
  const auto copy = [&](float* in_whole, float* in_part, int64_t rows) {
    if (into_whole) {
      copy_rows(in_part, part.row_stride, in_whole, whole.row_stride, rows, channels, pool);
    } else {
      copy_rows(in_whole, whole.row_stride, in_part, part.row_stride, rows, channels, pool);
    }
  };
  if (axis == whole.shape.rank() - 1) return copy(whole.data + begin, part.data, part.shape.rows());
  int64_t outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= whole.shape[i];
  for (int i = axis + 1; i + 1 < whole.shape.rank(); ++i) inner *= whole.shape[i];
  for (int64_t o = 0; o < outer; ++o) {
    copy(whole.data + (o * whole.shape[axis] + begin) * inner * whole.row_stride,
         part.data + o * part.shape[axis] * inner * part.row_stride, part.shape[axis] * inner);
  }
}

class Reshape final : public Kernel {
 public:
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    y_ = outputs[0];
    return {};
  }
  Status run(ThreadPool&) override {
    const int64_t from = x_.shape.channels(), to = y_.shape.channels(), total = x_.shape.elements();
    for (int64_t i = 0; i < total;) {
      const int64_t run = std::min(from - i % from, to - i % to);
      std::memcpy(y_.data + i / to * y_.row_stride + i % to,
                  x_.data + i / from * x_.row_stride + i % from,
                  static_cast<size_t>(run) * sizeof(float));
      i += run;
    }
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  TensorView x_, y_;
};

class Concat final : public Kernel {
 public:
  explicit Concat(int axis) : axis_(axis) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    parts_.assign(inputs.begin(), inputs.end());
    whole_ = outputs[0];
    return {};
  }
  Status run(ThreadPool& pool) override {
    int64_t begin = 0;
    for (const TensorView& part : parts_) {
      copy_part(whole_, part, axis_, begin, /*into_whole=*/true, pool);
      begin += part.shape[axis_];
    }
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  const int axis_;
  std::vector<TensorView> parts_;
  TensorView whole_;
};

class Slice final : public Kernel {
 public:
  Slice(int axis, int64_t begin) : axis_(axis), begin_(begin) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    whole_ = inputs[0];
    part_ = outputs[0];
    return {};
  }
  Status run(ThreadPool& pool) override {
    copy_part(whole_, part_, axis_, begin_, /*into_whole=*/false, pool);
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  const int axis_;
  const int64_t begin_;
  TensorView whole_, part_;
};

class Pad final : public Kernel {
 public:
  Pad(int axis, int64_t before, float value) : axis_(axis), before_(before), value_(value) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    part_ = inputs[0];
    whole_ = outputs[0];
    return {};
  }
  Status run(ThreadPool& pool) override {
    for_each_run(std::array{whole_}, pool, [this](const std::array<float*, 1>& p, int64_t count) {
      std::fill_n(p[0], count, value_);
    });
    copy_part(whole_, part_, axis_, before_, /*into_whole=*/true, pool);
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  const int axis_;
  const int64_t before_;
  const float value_;
  TensorView whole_, part_;
};

}  // namespace

KernelPtr make_reshape_kernel() { return std::make_unique<Reshape>(); }
KernelPtr make_concat_kernel(int axis) { return std::make_unique<Concat>(axis); }
KernelPtr make_slice_kernel(int axis, int64_t begin) {
  return std::make_unique<Slice>(axis, begin);
}
KernelPtr make_pad_kernel(int axis, int64_t before, float value) {
  return std::make_unique<Pad>(axis, before, value);
}

}  // namespace convscope
