#include "runtime/parameter_kernel.h"

#include <algorithm>

namespace convscope {

ParameterKernel::ParameterKernel(OpPtr op, const LoweringContext& context)
    : op_(std::move(op)),
      inputs_(context.inputs.begin(), context.inputs.end()),
      outputs_(context.outputs.begin(), context.outputs.end()),
      context_(context) {
  context_.inputs = inputs_;
  context_.outputs = outputs_;
  context_.parameters = {};
  for (const Tensor* parameter : context.parameters)
    parameters_.push_back(parameter == nullptr ? Tensor() : *parameter);
}

Result<std::unique_ptr<Kernel>> ParameterKernel::lower() const {
  std::vector<const Tensor*> parameters;
  parameters.reserve(parameters_.size());
  for (const Tensor& tensor : parameters_) parameters.push_back(tensor.empty() ? nullptr : &tensor);
  LoweringContext context = context_;
  context.parameters = parameters;
  return op_->lower(context);
}

Result<std::shared_ptr<ParameterKernel>> ParameterKernel::make(OpPtr op,
                                                               const LoweringContext& context) {
  std::shared_ptr<ParameterKernel> out(new ParameterKernel(std::move(op), context));
  TRY(out->kernel_, out->lower());
  out->accepts_row_strides_ = out->kernel_->accepts_row_strides();
  out->works_in_place_ = out->kernel_->works_in_place();
  return out;
}

Status ParameterKernel::configure(std::span<const TensorView> inputs,
                                  std::span<const TensorView> outputs, ThreadPool& pool) {
  if (kernel_ == nullptr) {
    TRY(kernel_, lower());
  }
  return kernel_->configure(inputs, outputs, pool);
}

bool ParameterKernel::reads(const Tensor& parameter) const {
  return std::ranges::any_of(parameters_,
                             [&](const Tensor& own) { return own.data() == parameter.data(); });
}

}  // namespace convscope
