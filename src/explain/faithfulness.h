#pragma once

#include "method/method.h"

namespace convscope {
extern const Method kFaithfulness;   // what a map's pixels are worth to the network
extern const Method kRandomisation;  // whether a map depends on what the network has learnt
}  // namespace convscope
