#include "imagine/registry.h"

#include "imagine/deep_dream.h"

namespace convscope {

std::span<const Method> imagine_methods() {
  static const Method kMethods[] = {
      kDeepDream,
  };
  return kMethods;
}

}  // namespace convscope
