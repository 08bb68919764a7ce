// Matrix times constant matrix, on XNNPACK.
#include <list>

#include "kernels/kernels.h"
#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

class FullyConnected final : public Kernel {
 public:
  FullyConnected(bool weight_is_output_input, Tensor weight, Tensor bias, OutputClamp clamp)
      : weight_is_output_input_(weight_is_output_input),
        weight_(std::move(weight)),
        bias_(std::move(bias)),
        clamp_(clamp) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    const TensorView &x = inputs[0], &y = outputs[0];
    TRY(current_, variant(x.row_stride, y.row_stride));
    const int64_t rows = x.shape.rows();
    if (current_->rows != rows || current_->pool != pool.handle()) {
      TRY_STATUS(status_from_xnn(xnn_reshape_fully_connected_nc_f32(
                                     current_->op.get(), static_cast<size_t>(rows), pool.handle()),
                                 "shaping a matrix product"));
      current_->rows = rows;
      current_->pool = pool.handle();
    }
    return status_from_xnn(xnn_setup_fully_connected_nc_f32(current_->op.get(), x.data, y.data),
                           "setting up a matrix product");
  }

  Status run(ThreadPool& pool) override { return run_xnn(current_->op, pool.handle()); }
  bool accepts_row_strides() const override { return true; }
  int64_t held_bytes() const override {
    return static_cast<int64_t>(variants_.size()) * weight_.shape().elements() * 4;
  }

 private:
  struct Variant {
    int64_t input_stride, output_stride;
    XnnOperator op;
    int64_t rows = -1;
    pthreadpool* pool = nullptr;
  };

  Result<Variant*> variant(int64_t input_stride, int64_t output_stride) {
    for (Variant& v : variants_) {
      if (v.input_stride == input_stride && v.output_stride == output_stride) return &v;
    }
    const int64_t outputs = weight_.shape()[weight_is_output_input_ ? 0 : 1];
    const int64_t inputs = weight_.shape()[weight_is_output_input_ ? 1 : 0];
    xnn_operator_t raw = nullptr;
    TRY_STATUS(status_from_xnn(
        xnn_create_fully_connected_nc_f32(
            static_cast<size_t>(inputs), static_cast<size_t>(outputs),
            static_cast<size_t>(input_stride), static_cast<size_t>(output_stride), weight_.data(),
            bias_.data(), clamp_.minimum, clamp_.maximum,
            weight_is_output_input_ ? 0u : XNN_FLAG_TRANSPOSE_WEIGHTS, nullptr, nullptr, &raw),
        "packing a matrix"));
    variants_.push_back({input_stride, output_stride, XnnOperator(raw)});
    return &variants_.back();
  }

  const bool weight_is_output_input_;
  const Tensor weight_, bias_;
  const OutputClamp clamp_;
  std::list<Variant> variants_;
  Variant* current_ = nullptr;
};

}  // namespace

Result<KernelPtr> make_fully_connected_kernel(bool weight_is_output_input, Tensor weight,
                                              Tensor bias, OutputClamp clamp) {
  if (weight.shape().elements() >= kLargeMatrix) {
    return make_stored_fully_connected_kernel(weight_is_output_input, std::move(weight),
                                              std::move(bias), clamp);
  }
  return std::make_unique<FullyConnected>(weight_is_output_input, std::move(weight),
                                          std::move(bias), clamp);
}

}  // namespace convscope
