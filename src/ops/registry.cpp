#include <array>

#include "ops/support.h"

namespace convscope {

std::span<const OpEntry> op_registry() {
  static const std::array entries = {
#define CONVSCOPE_OP(kind, entry) entry(),
#include "ops/entries.def"
#undef CONVSCOPE_OP
  };
  return entries;
}

Result<OpPtr> make_op(std::string_view kind, const Attributes& attributes) {
  for (const OpEntry& entry : op_registry()) {
    if (entry.kind != kind || entry.from_attributes == nullptr) continue;
    auto op = entry.from_attributes(attributes);
    if (!op)
      return std::unexpected(
          std::move(op.error()).with_context("in an operator " + std::string(kind)));
    return op;
  }
  return fail(ErrorCode::kUnsupported, "ConvScope has no operator " + std::string(kind) +
                                           "; export the model with standard ONNX operators");
}

}  // namespace convscope
