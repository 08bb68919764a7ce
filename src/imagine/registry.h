#pragma once

#include <span>

#include "method/method.h"

namespace convscope {

// Every method that makes a picture, sorted by id.
std::span<const Method> imagine_methods();

}  // namespace convscope
