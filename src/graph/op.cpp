#include "graph/op.h"

#include "graph/vjp.h"

namespace convscope {

int64_t Op::flops(std::span<const Shape>, std::span<const Shape> outputs) const {
  int64_t total = 0;
  for (const Shape& shape : outputs) total += shape.elements();
  return total;
}

Result<Cotangents> Op::vjp(VjpContext&) const {
  return fail(
      ErrorCode::kUnsupported,
      std::string(kind()) + " has no derivative in ConvScope; choose another layer or method");
}

std::string Op::lowering_key(std::span<const Shape>) const { return op_text(*this); }

std::string op_text(const Op& op) { return std::string(op.kind()) + "(" + op.attributes() + ")"; }

std::unexpected<Error> shape_error(const Op& op, std::string_view what,
                                   std::span<const Shape> got) {
  std::string message = op_text(op) + ": " + std::string(what) + "; got ";
  for (size_t i = 0; i < got.size(); ++i) message += (i > 0 ? ", " : "") + got[i].text();
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

}  // namespace convscope
