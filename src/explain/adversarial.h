#pragma once

#include "method/method.h"

namespace convscope {
extern const Method kAdversarial;  // FGSM and PGD
}
