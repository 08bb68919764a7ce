#include "engine/messages.h"

namespace convscope {
namespace {

const char* chinese_summary(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "这个设置无法使用，请换一个";
    case ErrorCode::kNotFound:
      return "没有找到所要的内容";
    case ErrorCode::kUnsupported:
      return "这里还做不到这件事，请换一个层或方法";
    case ErrorCode::kMalformed:
      return "文件内容不符合格式，请重新下载或换一个文件";
    case ErrorCode::kTooLarge:
      return "内容太大，请换小一些的图片或网络";
    case ErrorCode::kOutOfMemory:
      return "内存不足，请换小一些的图片，或关闭其他标签页";
    case ErrorCode::kCancelled:
      return "已取消";
    case ErrorCode::kInternal:
      return "程序内部出错，请重新载入页面";
  }
  return "";
}

}  // namespace

Text explain_error(const Error& error) {
  std::string sentence = error.message;
  if (!sentence.empty() && sentence[0] >= 'a' && sentence[0] <= 'z')
    sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
  if (!sentence.ends_with('.')) sentence += '.';
  return {sentence, std::string(chinese_summary(error.code)) + "（" + error.message + "）。"};
}

}  // namespace convscope
