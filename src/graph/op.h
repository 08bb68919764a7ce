// Op: what an operator is. One immutable object per node, shared between graphs.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bilingual.h"
#include "base/id.h"
#include "base/result.h"
#include "tensor/tensor.h"

namespace convscope {

class GraphBuilder;
class Kernel;
struct LoweringContext;
struct VjpContext;

using ValueId = Id<struct ValueTag>;
using NodeId = Id<struct NodeTag>;

// The teaching text of an operator.
struct OpDoc {
  std::string_view kind;  // ONNX's name where it has one
  Bilingual title;
  std::string_view equation;   // with axis letters, UTF-8
  Bilingual intuition;         // two sentences
  Bilingual derivative;        // what the derivative means
  std::string_view reference;  // paper or specification
};

// One cotangent per input; nothing where it was not wanted or is zero.
using Cotangents = std::vector<std::optional<ValueId>>;

struct ClampRange {
  float minimum, maximum;
};

enum class ViewKind : uint8_t {
  kNone,
  kReshape,         // the same dense elements under another shape
  kConcatChannels,  // inputs stand side by side in the last axis
  kSliceChannels,   // a range of the last axis
};

class Op {
 public:
  virtual ~Op() = default;

  virtual const OpDoc& doc() const = 0;
  std::string_view kind() const { return doc().kind; }
  // Attributes as "kernel=3,3 strides=2,2"; empty where there are none. Two ops of one kind with
  // equal attributes are the same function.
  virtual std::string attributes() const { return {}; }

  // Shapes of the outputs; an error names the op, what it got and what it wants.
  virtual Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const = 0;
  // Arithmetic of one evaluation, a multiply and an add counted as two.
  virtual int64_t flops(std::span<const Shape> inputs, std::span<const Shape> outputs) const;

  // The plain double-precision definition. `outputs` have the inferred shapes and are zero.
  virtual void evaluate(std::span<const DoubleTensor> inputs,
                        std::span<DoubleTensor> outputs) const = 0;

  // Emits the nodes that turn the outputs' cotangents into the inputs'. The default refuses: an op
  // without a derivative says so by name.
  virtual Result<Cotangents> vjp(VjpContext& context) const;

  // The fast kernel, made once per set of weights and used for every shape.
  virtual Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const = 0;
  // --- What a plan may exploit -----------------------------------------------------------------
  // Set for a pure clamp (Relu, Clip): a producer with can_clamp_output() can do it on its way out.
  virtual std::optional<ClampRange> clamp_range() const { return std::nullopt; }
  virtual bool can_clamp_output() const { return false; }
  // Ops whose output can be (part of) the same memory as their input(s), so that nothing needs to
  // run.
  virtual ViewKind view_kind(std::span<const Shape>) const { return ViewKind::kNone; }
  // For kSliceChannels: the first channel taken.
  virtual int64_t view_begin() const { return 0; }

  // Equal keys (and equal parameters) mean that a kernel can be shared. Override where lowering
  // depends on shapes by more than reshaping.
  virtual std::string lowering_key(std::span<const Shape> inputs) const;
};

using OpPtr = std::shared_ptr<const Op>;

// "Conv(kernel=3,3 strides=1,1)".
std::string op_text(const Op& op);
// The error of a shape rule: "Conv: <what>; got shapes a, b".
std::unexpected<Error> shape_error(const Op& op, std::string_view what, std::span<const Shape> got);

}  // namespace convscope
