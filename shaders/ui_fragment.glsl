#version 300 es
// Text, shapes and pictures: a texture times a colour.
precision mediump float;
uniform sampler2D u_texture;
in vec2 v_uv;
in vec4 v_colour;
out vec4 fragment;

void main() {
  fragment = v_colour * texture(u_texture, v_uv);
}
