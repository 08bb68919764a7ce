// A network at another size of its input than its file says.
#pragma once

#include <string_view>

#include "model/model.h"

namespace convscope {

// The error of a network whose input cannot have the size `want` (1×H×W×C): one sentence with the
// size that it has and why no other.
std::unexpected<Error> wrong_input_size(const Shape& input, const Shape& want,
                                        std::string_view why);

// The same network for pictures of the size `want`; its classes stay the same. The error names the
// first node that does not take it.
Status resize_input(Model& model, const Shape& want);

}  // namespace convscope
