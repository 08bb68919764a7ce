// The classes that a network answers to something that a method has changed.
#pragma once

#include <vector>

#include "protocol/types.h"
#include "tensor/tensor.h"

namespace convscope {

// The five most probable classes (fewer where there are fewer), most probable first. Both views
// hold one number a class.
std::vector<ClassAnswer> first_answers(const TensorView& logits, const TensorView& probabilities);

}  // namespace convscope
