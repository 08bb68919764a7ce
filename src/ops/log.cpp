// Log: the natural logarithm.
//
//   y = ln x                     x > 0 (0 gives −∞, less is not a number)
//   dx = dy / x
//
// ONNX Log.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Log",
    .title = {"Logarithm", "对数"},
    .equation = "y = ln x",
    .intuition = {"Multiplying before becomes adding after: it counts how often a number has grown "
                  "by the same factor.",
                  "之前的相乘变成之后的相加：它数出一个数按同一倍数增长了多少次。"},
    .derivative = {"The smaller the number, the more a change matters.",
                   "数越小，同样的变化影响越大。"},
    .reference = "ONNX Log",
};

class Log final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kLog);
  }

 protected:
  double value(double x) const override { return std::log(x); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    return context.emit(make_reciprocal(), {context.input(0)});
  }
};

}  // namespace

OpPtr make_log() { return std::make_shared<Log>(); }

OpEntry log_entry() { return unary_entry<make_log, Domain::kPositive>(kDoc.kind); }

}  // namespace convscope
