#version 300 es
// Text, shapes and pictures: positions in CSS px, from the top left.
precision highp float;
uniform vec2 u_px_to_clip;  // (2 / width, -2 / height)
layout(location = 0) in vec2 position;
layout(location = 1) in vec2 uv;
layout(location = 2) in vec4 colour;
out vec2 v_uv;
out vec4 v_colour;

void main() {
  v_uv = uv;
  v_colour = colour;
  gl_Position = vec4(position * u_px_to_clip + vec2(-1.0, 1.0), 0.0, 1.0);
}
