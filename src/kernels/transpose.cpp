// Reordering axes, on XNNPACK.
#include "kernels/kernels.h"
#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

class Transpose final : public Kernel {
 public:
  Transpose(std::span<const int> permutation, XnnOperator op)
      : permutation_(permutation.begin(), permutation.end()), op_(std::move(op)) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    const std::span<const int64_t> dims = inputs[0].shape.dims();
    const std::vector<size_t> extents(dims.begin(), dims.end());
    TRY_STATUS(
        status_from_xnn(xnn_reshape_transpose_nd_x32(op_.get(), extents.size(), extents.data(),
                                                     permutation_.data(), pool.handle()),
                        "shaping a transposition"));
    return status_from_xnn(xnn_setup_transpose_nd_x32(op_.get(), inputs[0].data, outputs[0].data),
                           "setting up a transposition");
  }
  Status run(ThreadPool& pool) override { return run_xnn(op_, pool.handle()); }

 private:
  const std::vector<size_t> permutation_;
  XnnOperator op_;
};

}  // namespace

Result<KernelPtr> make_transpose_kernel(std::span<const int> permutation) {
  if (permutation.empty()) return make_reshape_kernel();  // a scalar
  xnn_operator_t raw = nullptr;
  TRY_STATUS(
      status_from_xnn(xnn_create_transpose_nd_x32(/*flags=*/0, &raw), "making a transposition"));
  return std::make_unique<Transpose>(permutation, XnnOperator(raw));
}

}  // namespace convscope
