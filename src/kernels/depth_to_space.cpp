// Channels to pixels and back: every pixel of the larger picture takes its channels from, or gives
// them to, one pixel of the smaller.
#include "kernels/kernels.h"
#include "kernels/rows.h"

namespace convscope {
namespace {

class BlockMove final : public Kernel {
 public:
  BlockMove(int64_t block, bool column_row_depth, bool to_depth)
      : block_(block), column_row_depth_(column_row_depth), to_depth_(to_depth) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    deep_ = to_depth_ ? outputs[0] : inputs[0];
    wide_ = to_depth_ ? inputs[0] : outputs[0];
    return {};
  }

  Status run(ThreadPool& pool) override {
    pool.for_each_tile(static_cast<size_t>(wide_.shape.rows()),
                       rows_per_tile(wide_.shape.channels()), [&](size_t begin, size_t end) {
                         for (auto row = static_cast<int64_t>(begin);
                              row < static_cast<int64_t>(end); ++row)
                           move_pixel(row);
                       });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  void move_pixel(int64_t row) const {
    const int64_t width = wide_.shape[2], channels = wide_.shape[3];
    const int64_t x = row % width, y = row / width;  // y runs on over the images of a batch
    const int64_t place = y % block_ * block_ + x % block_;
    const int64_t step = column_row_depth_ ? block_ * block_ : 1;
    float* wide = wide_.data + row * wide_.row_stride;
    float* deep = deep_.data + (y / block_ * (width / block_) + x / block_) * deep_.row_stride +
                  (column_row_depth_ ? place : place * channels);
    for (int64_t c = 0; c < channels; ++c) {
      if (to_depth_) {
        deep[c * step] = wide[c];
      } else {
        wide[c] = deep[c * step];
      }
    }
  }

  const int64_t block_;
  const bool column_row_depth_, to_depth_;
  TensorView deep_, wide_;
};

}  // namespace

KernelPtr make_block_move_kernel(int64_t block, bool column_row_depth, bool to_depth) {
  return std::make_unique<BlockMove>(block, column_row_depth, to_depth);
}

}  // namespace convscope
