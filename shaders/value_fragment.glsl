#version 300 es
// Planes of numbers: value -> place in its range -> colour.
precision highp float;
uniform highp sampler2D u_texture;  // R8 or R32F, one value a texel
uniform sampler2D u_maps;           // 256 colours wide, one row a map
uniform ivec2 u_plane;              // width and height of one plane; the texture holds a grid of them
in vec2 v_uv;
in float v_opacity;
flat in vec4 v_colouring;
out vec4 fragment;

// The neighbour at the edge of a plane is the edge itself, not the plane beside it.
float value_at(ivec2 cell, ivec2 first) {
  return texelFetch(u_texture, clamp(cell, first, first + u_plane - 1), 0).r;
}

// Floats cannot be filtered by every device, so the four neighbours are mixed here.
float smooth_value(vec2 here, ivec2 first) {
  vec2 place = here - 0.5;
  ivec2 cell = ivec2(floor(place));
  vec2 f = place - vec2(cell);
  float top = mix(value_at(cell, first), value_at(cell + ivec2(1, 0), first), f.x);
  float bottom = mix(value_at(cell + ivec2(0, 1), first), value_at(cell + ivec2(1, 1), first), f.x);
  return mix(top, bottom, f.y);
}

void main() {
  ivec2 size = textureSize(u_texture, 0);
  vec2 here = v_uv * vec2(size);
  ivec2 cell = min(ivec2(here), size - 1);
  ivec2 first = cell / u_plane * u_plane;
  float value = v_colouring.w > 0.5 ? smooth_value(here, first) : value_at(cell, first);
  float span = v_colouring.y - v_colouring.x;
  // A constant map has no place in its range: it takes the lowest colour, as zero does.
  float t = span > 0.0 ? clamp((value - v_colouring.x) / span, 0.0, 1.0) : 0.0;
  float row = (v_colouring.z + 0.5) / float(textureSize(u_maps, 0).y);
  vec3 colour = texture(u_maps, vec2((t * 255.0 + 0.5) / 256.0, row)).rgb;
  fragment = vec4(colour, v_opacity);
}
