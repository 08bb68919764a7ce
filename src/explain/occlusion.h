#pragma once

#include "method/method.h"

namespace convscope {
extern const Method kOcclusion;
extern const Method kOccludedPicture;  // one window of it: what is left, and all answers
}  // namespace convscope
