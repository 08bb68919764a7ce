// What the kernels that stand on XNNPACK share. Internal to src/kernels.
#pragma once

#include <xnnpack.h>

#include <memory>
#include <string_view>

#include "base/result.h"

namespace convscope {

// XNNPACK's status as ours; `what` names the call.
Status status_from_xnn(xnn_status status, std::string_view what);

struct XnnOperatorDeleter {
  void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
};
using XnnOperator = std::unique_ptr<xnn_operator, XnnOperatorDeleter>;

// Runs an operator that has been reshaped and set up.
Status run_xnn(const XnnOperator& op, pthreadpool* pool);

}  // namespace convscope
