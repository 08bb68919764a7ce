#version 300 es
// Planes of numbers: the vertex colour's red, green and blue are the number of a colouring, its alpha is the opacity.
precision highp float;
uniform vec2 u_px_to_clip;
uniform highp sampler2D u_colourings;  // 256 wide; (low, high, colour map, smooth)
layout(location = 0) in vec2 position;
layout(location = 1) in vec2 uv;
layout(location = 2) in vec4 colour;
out vec2 v_uv;
out float v_opacity;
flat out vec4 v_colouring;

void main() {
  v_uv = uv;
  v_opacity = colour.a;
  ivec3 bytes = ivec3(colour.rgb * 255.0 + 0.5);
  int number = bytes.r + bytes.g * 256 + bytes.b * 65536;
  v_colouring = texelFetch(u_colourings, ivec2(number & 255, number >> 8), 0);
  gl_Position = vec4(position * u_px_to_clip + vec2(-1.0, 1.0), 0.0, 1.0);
}
