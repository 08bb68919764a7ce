// The Chinese half of what the engine says when something fails.
#pragma once

#include "base/result.h"
#include "protocol/types.h"

namespace convscope {

// English: the error's own sentence, capitalised. Chinese: what kind of failure it is and what to
// do, then the English detail, since details name nodes, shapes and bytes.
Text explain_error(const Error& error);

}  // namespace convscope
