// Batched product of two computed matrices, on XNNPACK, which packs the second on every run.
#include "kernels/kernels.h"
#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

class MatMul final : public Kernel {
 public:
  MatMul(bool transpose_b, XnnOperator op) : transpose_b_(transpose_b), op_(std::move(op)) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    const Shape &a = inputs[0].shape, &b = inputs[1].shape, &y = outputs[0].shape;
    const int batch_axes = y.rank() - 2;
    size_t bytes = 0, alignment = 0;
    TRY_STATUS(status_from_xnn(
        xnn_reshape_batch_matrix_multiply_nc_f32(
            op_.get(), static_cast<size_t>(batch_axes), batch(a, batch_axes).data(),
            batch(b, batch_axes).data(), static_cast<size_t>(a[-2]), static_cast<size_t>(a[-1]),
            static_cast<size_t>(b[transpose_b_ ? -2 : -1]), &bytes, &alignment, pool.handle()),
        "shaping a product of two matrices"));
    CHECK(alignment <= kAlignment);
    if (workspace_ == nullptr || workspace_->bytes() < static_cast<int64_t>(bytes)) {
      workspace_ = nullptr;  // freed first: both need not fit at once
      if (bytes > 0) {
        TRY(workspace_, Buffer::allocate(static_cast<int64_t>(bytes)));
      }
    }
    return status_from_xnn(xnn_setup_batch_matrix_multiply_nc_f32(
                               op_.get(), workspace_ == nullptr ? nullptr : workspace_->data(),
                               inputs[0].data, inputs[1].data, outputs[0].data),
                           "setting up a product of two matrices");
  }
  Status run(ThreadPool& pool) override { return run_xnn(op_, pool.handle()); }
  int64_t held_bytes() const override { return workspace_ == nullptr ? 0 : workspace_->bytes(); }

 private:
  // The leading extents, with 1 for axes that a shape of smaller rank lacks.
  static std::array<size_t, kMaxRank> batch(const Shape& shape, int axes) {
    std::array<size_t, kMaxRank> out{};
    for (int axis = 0; axis < axes; ++axis) {
      const int own = axis - axes + shape.rank() - 2;
      out[static_cast<size_t>(axis)] = own < 0 ? 1 : static_cast<size_t>(shape[own]);
    }
    return out;
  }

  const bool transpose_b_;
  XnnOperator op_;
  std::shared_ptr<Buffer> workspace_;
};

}  // namespace

Result<KernelPtr> make_matmul_kernel(bool transpose_b) {
  xnn_operator_t raw = nullptr;
  TRY_STATUS(status_from_xnn(
      xnn_create_batch_matrix_multiply_nc_f32(transpose_b ? XNN_FLAG_TRANSPOSE_B : 0u, &raw),
      "making a product of two matrices"));
  return std::make_unique<MatMul>(transpose_b, XnnOperator(raw));
}

}  // namespace convscope
