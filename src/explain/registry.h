#pragma once

#include <span>

#include "method/method.h"

namespace convscope {

// Every method that explains an answer, sorted by id.
std::span<const Method> explain_methods();

}  // namespace convscope
