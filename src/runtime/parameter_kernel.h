// ParameterKernel: a kernel made from parameters, which it can be made from again once training has
// changed them.
#pragma once

#include <memory>
#include <vector>

#include "graph/op.h"
#include "kernels/kernel.h"

namespace convscope {

class ParameterKernel final : public Kernel {
 public:
  // Lowers `op`; keeps what that takes, and shares the parameters' memory.
  static Result<std::shared_ptr<ParameterKernel>> make(OpPtr op, const LoweringContext& context);

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override;
  Status run(ThreadPool& pool) override { return kernel_->run(pool); }
  bool accepts_row_strides() const override { return accepts_row_strides_; }
  bool works_in_place() const override { return works_in_place_; }
  int64_t held_bytes() const override { return kernel_ == nullptr ? 0 : kernel_->held_bytes(); }

  // Whether it was made from this very memory.
  bool reads(const Tensor& parameter) const;
  // Frees what was packed; the next configure() packs the values of then.
  void drop() { kernel_ = nullptr; }

 private:
  ParameterKernel(OpPtr op, const LoweringContext& context);
  Result<std::unique_ptr<Kernel>> lower() const;

  const OpPtr op_;
  const std::vector<Shape> inputs_, outputs_;
  std::vector<Tensor> parameters_;  // by input; empty where it is none
  LoweringContext context_;         // of the members above, parameters aside
  bool accepts_row_strides_ = false, works_in_place_ = false;
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace convscope
