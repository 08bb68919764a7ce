// What all operators that are a sparse linear map along one axis share, with their transposes.
// Internal to src/ops.
//
//   y[…, j, …] = Σ_i weight[j,i] · x[…, i, …]      dx: the transposed map
#pragma once

#include "ops/support.h"

namespace convscope {

// y = map · x along one axis, in double.
void apply_axis_map(const AxisMap& map, int axis, const DoubleTensor& x, DoubleTensor& y);

class AxisLinear : public Op {
 public:
  // `transposed_extent` < 0: the map itself. Else its transpose, for an x of that extent.
  AxisLinear(int axis, int64_t transposed_extent)
      : axis_(axis), transposed_extent_(transposed_extent) {}
  std::string attributes() const final;
  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const final;
  void evaluate(std::span<const DoubleTensor> inputs, std::span<DoubleTensor> outputs) const final;
  Result<Cotangents> vjp(VjpContext& context) const final;
  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const final;
  std::string lowering_key(std::span<const Shape> inputs) const final;

 protected:
  virtual std::string own_attributes() const = 0;
  // Extent of y for one of x; the error says what the operator wants.
  virtual Result<int64_t> output_extent(int64_t extent) const = 0;
  virtual AxisMap map(int64_t extent) const = 0;
  // The same operator, transposed for an x of that extent (or, negative, itself).
  virtual OpPtr transposed(int64_t extent) const = 0;

  bool is_transposed() const { return transposed_extent_ >= 0; }
  int axis() const { return axis_; }

 private:
  int positive_axis(const Shape& shape) const { return axis_ < 0 ? axis_ + shape.rank() : axis_; }
  AxisMap map_for(const Shape& x) const;

  const int axis_;
  const int64_t transposed_extent_;
};

}  // namespace convscope
