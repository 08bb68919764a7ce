#version 300 es
// Planes of numbers: value -> place in its range -> colour.
precision highp float;
uniform highp sampler2D u_texture;  // R8 or R32F, one value a texel
uniform sampler2D u_maps;           // 256 colours wide, one row a map
in vec2 v_uv;
in float v_opacity;
flat in vec4 v_colouring;
out vec4 fragment;

float value_at(ivec2 cell, ivec2 size) {
  return texelFetch(u_texture, clamp(cell, ivec2(0), size - 1), 0).r;
}

// Floats cannot be filtered by every device, so the four neighbours are mixed here.
float smooth_value(ivec2 size) {
  vec2 place = v_uv * vec2(size) - 0.5;
  ivec2 cell = ivec2(floor(place));
  vec2 f = place - vec2(cell);
  float top = mix(value_at(cell, size), value_at(cell + ivec2(1, 0), size), f.x);
  float bottom = mix(value_at(cell + ivec2(0, 1), size), value_at(cell + ivec2(1, 1), size), f.x);
  return mix(top, bottom, f.y);
}

void main() {
  ivec2 size = textureSize(u_texture, 0);
  float value = v_colouring.w > 0.5 ? smooth_value(size) : value_at(ivec2(v_uv * vec2(size)), size);
  float span = v_colouring.y - v_colouring.x;
  // A constant map has no place in its range: it takes the lowest colour, as zero does.
  float t = span > 0.0 ? clamp((value - v_colouring.x) / span, 0.0, 1.0) : 0.0;
  float row = (v_colouring.z + 0.5) / float(textureSize(u_maps, 0).y);
  vec3 colour = texture(u_maps, vec2((t * 255.0 + 0.5) / 256.0, row)).rgb;
  fragment = vec4(colour, v_opacity);
}
