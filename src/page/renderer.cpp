#include "page/renderer.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "shaders/ui_fragment.h"
#include "shaders/ui_vertex.h"
#include "shaders/value_fragment.h"
#include "shaders/value_vertex.h"

namespace convscope {
namespace {

constexpr int kColouringsWide = 256, kMapColours = 256, kMaps = 4;

GLuint compile(GLenum kind, const char* source) {
  const GLuint shader = glCreateShader(kind);
  glShaderSource(shader, 1, &source, nullptr);
  glCompileShader(shader);
  return shader;
}

GLuint make_texture(GLint filter) {
  GLuint name = 0;
  glGenTextures(1, &name);
  glBindTexture(GL_TEXTURE_2D, name);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, filter);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, filter);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  return name;
}

GLuint make_maps_texture() {
  const GLuint name = make_texture(GL_LINEAR);
  std::vector<ImU32> colours;
  for (int map = 0; map < kMaps; ++map) {
    for (int i = 0; i < kMapColours; ++i) {
      colours.push_back(
          colour_at(static_cast<Colours>(map), static_cast<float>(i) / (kMapColours - 1)));
    }
  }
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, kMapColours, kMaps, 0, GL_RGBA, GL_UNSIGNED_BYTE,
               colours.data());
  return name;
}

}  // namespace

Renderer::Program Renderer::make_program(const char* vertex, const char* fragment) {
  Program program;
  program.name = glCreateProgram();
  glAttachShader(program.name, compile(GL_VERTEX_SHADER, vertex));
  glAttachShader(program.name, compile(GL_FRAGMENT_SHADER, fragment));
  glLinkProgram(program.name);
  GLint linked = 0;
  glGetProgramiv(program.name, GL_LINK_STATUS, &linked);
  if (!linked) return {};
  program.px_to_clip = glGetUniformLocation(program.name, "u_px_to_clip");
  program.texture = glGetUniformLocation(program.name, "u_texture");
  program.maps = glGetUniformLocation(program.name, "u_maps");
  program.colourings = glGetUniformLocation(program.name, "u_colourings");
  program.plane = glGetUniformLocation(program.name, "u_plane");
  glUseProgram(program.name);
  glUniform1i(program.texture, 0);
  if (program.maps >= 0) glUniform1i(program.maps, 1);
  if (program.colourings >= 0) glUniform1i(program.colourings, 2);
  return program;
}

bool Renderer::create() {
  plain_ = make_program(shaders::kUiVertex, shaders::kUiFragment);
  values_ = make_program(shaders::kValueVertex, shaders::kValueFragment);
  if (plain_.name == 0 || values_.name == 0) return false;
  glGenVertexArrays(1, &array_);
  glBindVertexArray(array_);
  glGenBuffers(1, &vertices_);
  glGenBuffers(1, &indices_);
  glBindBuffer(GL_ARRAY_BUFFER, vertices_);
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, indices_);
  for (GLuint i = 0; i < 3; ++i) glEnableVertexAttribArray(i);
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  glActiveTexture(GL_TEXTURE1);
  maps_ = make_maps_texture();
  glActiveTexture(GL_TEXTURE2);
  colourings_ = make_texture(GL_NEAREST);
  glActiveTexture(GL_TEXTURE0);
  glEnable(GL_BLEND);
  glBlendEquation(GL_FUNC_ADD);
  glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
  glEnable(GL_SCISSOR_TEST);
  return true;
}

void Renderer::lost(TextureBank& bank) {
  bank_names_.clear();
  colouring_texels_.clear();
  bank.context_lost();
  for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
    if (texture->Status == ImTextureStatus_OK || texture->Status == ImTextureStatus_WantUpdates) {
      texture->SetTexID(ImTextureID_Invalid);
      texture->SetStatus(ImTextureStatus_Destroyed);  // Dear ImGui asks for it again
    }
  }
}

// --- textures --------------------------------------------------------------------------

void Renderer::update_atlas(ImTextureData& texture) {
  if (texture.Status == ImTextureStatus_WantDestroy) {
    const GLuint name = static_cast<GLuint>(texture.TexID);
    glDeleteTextures(1, &name);
    texture.SetTexID(ImTextureID_Invalid);
    texture.SetStatus(ImTextureStatus_Destroyed);
    return;
  }
  if (texture.Status == ImTextureStatus_WantCreate) {
    const GLuint name = make_texture(GL_LINEAR);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, texture.Width, texture.Height, 0, GL_RGBA,
                 GL_UNSIGNED_BYTE, texture.GetPixels());
    texture.SetTexID(name);
  } else {
    glBindTexture(GL_TEXTURE_2D, static_cast<GLuint>(texture.TexID));
    glPixelStorei(GL_UNPACK_ROW_LENGTH, texture.Width);
    for (const ImTextureRect& r : texture.Updates) {
      glTexSubImage2D(GL_TEXTURE_2D, 0, r.x, r.y, r.w, r.h, GL_RGBA, GL_UNSIGNED_BYTE,
                      texture.GetPixelsAt(r.x, r.y));
    }
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
  }
  texture.SetStatus(ImTextureStatus_OK);
}

void Renderer::upload(TextureBank::Entry& e, GLuint* name) {
  const bool picture = e.format == PixelFormat::kRgba8;
  if (*name == 0) *name = make_texture(picture ? GL_LINEAR : GL_NEAREST);
  glBindTexture(GL_TEXTURE_2D, *name);
  const int width = e.columns * e.width, height = e.rows * e.height;
  if (picture) {
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE,
                 e.blob.data());
    return;
  }
  // The planes come one after another; the texture wants them side by side.
  const size_t bytes = e.format == PixelFormat::kValue8 ? 1 : 4;
  const size_t row = static_cast<size_t>(e.width) * bytes,
               pitch = static_cast<size_t>(width) * bytes;
  scratch_.assign(pitch * static_cast<size_t>(height), 0);
  for (int plane = 0; plane < e.planes; ++plane) {
    const uint8_t* from =
        e.blob.data() + static_cast<size_t>(plane) * static_cast<size_t>(e.height) * row;
    unsigned char* to = scratch_.data() +
                        static_cast<size_t>(plane / e.columns * e.height) * pitch +
                        static_cast<size_t>(plane % e.columns) * row;
    for (int y = 0; y < e.height; ++y)
      std::memcpy(to + static_cast<size_t>(y) * pitch, from + static_cast<size_t>(y) * row, row);
  }
  if (bytes == 1) {
    glTexImage2D(GL_TEXTURE_2D, 0, GL_R8, width, height, 0, GL_RED, GL_UNSIGNED_BYTE,
                 scratch_.data());
  } else {
    glTexImage2D(GL_TEXTURE_2D, 0, GL_R32F, width, height, 0, GL_RED, GL_FLOAT, scratch_.data());
  }
}

void Renderer::update_bank(TextureBank& bank) {
  std::vector<TextureBank::Entry>& entries = bank.entries();
  bank_names_.resize(entries.size(), 0);
  bank_planes_.resize(entries.size());
  for (size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].dropped) {
      if (bank_names_[i] != 0) glDeleteTextures(1, &bank_names_[i]);
      bank_names_[i] = 0;
      bank.forget(i);
    } else if (!entries[i].blob.empty() && !entries[i].uploaded) {
      // A name from an earlier, differently filtered texture must not live on.
      if (bank_names_[i] != 0) glDeleteTextures(1, &bank_names_[i]);
      bank_names_[i] = 0;
      upload(entries[i], &bank_names_[i]);
      bank_planes_[i] = {entries[i].width, entries[i].height};
      entries[i].uploaded = true;
    }
  }
}

void Renderer::upload_colourings(const std::vector<Colouring>& colourings) {
  if (colourings.empty()) return;
  const size_t rows = (colourings.size() + kColouringsWide - 1) / kColouringsWide;
  std::vector<float> texels(rows * kColouringsWide * 4, 0);
  for (size_t i = 0; i < colourings.size(); ++i) {
    const Colouring& c = colourings[i];
    const float texel[4] = {c.low, c.high, static_cast<float>(c.colours), c.smooth ? 1.0f : 0.0f};
    std::copy(texel, texel + 4, texels.begin() + static_cast<ptrdiff_t>(i * 4));
  }
  if (texels == colouring_texels_) return;
  glActiveTexture(GL_TEXTURE2);
  glBindTexture(GL_TEXTURE_2D, colourings_);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA32F, kColouringsWide, static_cast<GLsizei>(rows), 0,
               GL_RGBA, GL_FLOAT, texels.data());
  glActiveTexture(GL_TEXTURE0);
  colouring_texels_ = std::move(texels);
}

// --- drawing ---------------------------------------------------------------------------

void Renderer::use(bool values, const ImDrawData& data) {
  if (used_ == static_cast<int>(values)) return;
  used_ = values;
  const Program& program = values ? values_ : plain_;
  glUseProgram(program.name);
  glUniform2f(program.px_to_clip, 2 / data.DisplaySize.x, -2 / data.DisplaySize.y);
}

void Renderer::draw_list(const ImDrawList& list, const ImDrawData& data) {
  const ImVec2 scale = data.FramebufferScale;
  const int height = static_cast<int>(data.DisplaySize.y * scale.y + 0.5f);
  glBufferData(GL_ARRAY_BUFFER, list.VtxBuffer.size_in_bytes(), list.VtxBuffer.Data,
               GL_STREAM_DRAW);
  glBufferData(GL_ELEMENT_ARRAY_BUFFER, list.IdxBuffer.size_in_bytes(), list.IdxBuffer.Data,
               GL_STREAM_DRAW);
  for (const ImDrawCmd& command : list.CmdBuffer) {
    const int x0 = static_cast<int>(command.ClipRect.x * scale.x + 0.5f),
              y0 = static_cast<int>(command.ClipRect.y * scale.y + 0.5f);
    const int x1 = static_cast<int>(command.ClipRect.z * scale.x + 0.5f),
              y1 = static_cast<int>(command.ClipRect.w * scale.y + 0.5f);
    const ImTextureID id = command.GetTexID();
    if (x1 <= x0 || y1 <= y0 || command.ElemCount == 0 || id == ImTextureID_Invalid) continue;
    const auto index = static_cast<uint32_t>(id);
    const bool banked = (id & kBankTextureBit) != 0;
    if (banked && index >= bank_names_.size()) continue;
    const GLuint name = banked ? bank_names_[index] : index;
    const bool values = (id & kValueTextureBit) != 0;
    use(values, data);
    if (values && banked)
      glUniform2i(values_.plane, bank_planes_[index].width, bank_planes_[index].height);
    if (name != bound_) glBindTexture(GL_TEXTURE_2D, bound_ = name);
    glScissor(x0, height - y1, x1 - x0, y1 - y0);
    glDrawElements(GL_TRIANGLES, static_cast<GLsizei>(command.ElemCount), GL_UNSIGNED_INT,
                   reinterpret_cast<const void*>(
                       static_cast<uintptr_t>(command.IdxOffset * sizeof(ImDrawIdx))));
  }
}

void Renderer::draw(ImDrawData& data, TextureBank& bank) {
  const int width = static_cast<int>(data.DisplaySize.x * data.FramebufferScale.x + 0.5f);
  const int height = static_cast<int>(data.DisplaySize.y * data.FramebufferScale.y + 0.5f);
  if (width <= 0 || height <= 0) return;
  if (data.Textures != nullptr) {
    for (ImTextureData* texture : *data.Textures) {
      if (texture->Status != ImTextureStatus_OK && texture->Status != ImTextureStatus_Destroyed)
        update_atlas(*texture);
    }
  }
  update_bank(bank);
  upload_colourings(bank.colourings());
  used_ = -1;
  bound_ = 0;
  glViewport(0, 0, width, height);
  constexpr GLsizei kStride = sizeof(ImDrawVert);
  glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, kStride,
                        reinterpret_cast<const void*>(offsetof(ImDrawVert, pos)));
  glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, kStride,
                        reinterpret_cast<const void*>(offsetof(ImDrawVert, uv)));
  glVertexAttribPointer(2, 4, GL_UNSIGNED_BYTE, GL_TRUE, kStride,
                        reinterpret_cast<const void*>(offsetof(ImDrawVert, col)));
  for (const ImDrawList* list : data.CmdLists) draw_list(*list, data);
}

}  // namespace convscope
