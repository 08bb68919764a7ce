// Renderer: Dear ImGui's draw lists and TextureBank's textures on WebGL2, without ever asking GL a
// question.
#pragma once

#include <GLES3/gl3.h>

#include <vector>

#include "imgui.h"
#include "ui/textures.h"

namespace convscope {

class Renderer {
 public:
  // Makes the programs and buffers; false if WebGL2 refuses a shader. Also after a restored
  // context.
  bool create();
  // The context is gone, and every name with it.
  void lost(TextureBank& bank);
  // Draws a frame on the canvas's whole backing store.
  void draw(ImDrawData& data, TextureBank& bank);

 private:
  struct Program {
    GLuint name = 0;
    GLint px_to_clip = -1, texture = -1, maps = -1, colourings = -1, plane = -1;
  };
  static Program make_program(const char* vertex, const char* fragment);
  void update_atlas(ImTextureData& texture);
  void update_bank(TextureBank& bank);
  void upload(TextureBank::Entry& entry, GLuint* name);
  void upload_colourings(const std::vector<Colouring>& colourings);
  void draw_list(const ImDrawList& list, const ImDrawData& data);
  void use(bool values, const ImDrawData& data);

  Program plain_, values_;
  GLuint vertices_ = 0, indices_ = 0, array_ = 0, maps_ = 0, colourings_ = 0;
  struct Plane {
    GLint width = 1, height = 1;
  };
  std::vector<GLuint> bank_names_;
  std::vector<Plane> bank_planes_;  // of the same textures
  std::vector<float> colouring_texels_;
  std::vector<unsigned char> scratch_;
  int used_ = -1;  // 0 plain, 1 values, -1 neither
  GLuint bound_ = 0;
};

}  // namespace convscope
