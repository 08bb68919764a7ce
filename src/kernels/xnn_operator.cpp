#include "kernels/xnn_operator.h"

#include <string>

#include "kernels/kernel.h"

namespace convscope {

Status status_from_xnn(xnn_status status, std::string_view what) {
  if (status == xnn_status_success) return {};
  const std::string text(what);
  switch (status) {
    case xnn_status_out_of_memory:
      return fail(ErrorCode::kOutOfMemory,
                  "no memory left for " + text + "; use a smaller picture or close other tabs");
    case xnn_status_unsupported_hardware:
      return fail(ErrorCode::kUnsupported,
                  "this processor cannot run " + text + "; try another build");
    case xnn_status_unsupported_parameter:
    case xnn_status_invalid_parameter:
      return fail(ErrorCode::kUnsupported, "XNNPACK refused the parameters of " + text);
    default:
      return fail(ErrorCode::kInternal,
                  "XNNPACK failed in " + text + " with status " + std::to_string(status));
  }
}

Status run_xnn(const XnnOperator& op, pthreadpool* pool) {
  return status_from_xnn(xnn_run_operator(op.get(), pool), "running a kernel");
}

Status initialise_kernels() {
  return status_from_xnn(xnn_initialize(/*allocator=*/nullptr), "initialising the kernels");
}

}  // namespace convscope
